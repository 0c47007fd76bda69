-- The billing arithmetic and the conditions of a rule: every cost and every winner comes from these.

-- Started cycles after the end of the first block.
CREATE MACRO billed_cycles(billsec, initial_seconds, cycle_seconds) AS
    (greatest(billsec - initial_seconds, 0)::BIGINT + cycle_seconds - 1) // cycle_seconds;

-- Micro-units of so many cycles; the one division rounds half up. Beyond 64 bits it stays at the largest amount.
CREATE MACRO price_of_cycles(cycles, cycle_seconds, price_micros, price_seconds) AS
    least(
        CASE
            WHEN price_seconds IS NULL THEN cycles::HUGEINT * price_micros
            ELSE (2 * cycles::HUGEINT * cycle_seconds * price_micros + price_seconds) // (2 * price_seconds)
        END,
        9000000000000000000::HUGEINT
    )::BIGINT;

-- Whether a moment of the local day lies in a window. The weekday (0 = Monday) is that of the window's start:
-- after midnight, that of the day before.
CREATE MACRO within_window(clock, weekday, start_second, end_second, weekdays) AS
    CASE
        WHEN start_second = end_second THEN (weekdays >> weekday) & 1 = 1
        WHEN start_second < end_second
            THEN clock >= start_second AND clock < end_second AND (weekdays >> weekday) & 1 = 1
        WHEN clock >= start_second THEN (weekdays >> weekday) & 1 = 1
        ELSE clock < end_second AND (weekdays >> ((weekday + 6) % 7)) & 1 = 1
    END;

-- Whether a rule is valid on a local day.
CREATE MACRO within_dates(day, valid_from, valid_to) AS
    (valid_from IS NULL OR day >= valid_from) AND (valid_to IS NULL OR day < valid_to);

-- Whether a rule is for an extension.
CREATE MACRO covers_extension(extensions, extension) AS
    extensions IS NULL OR list_contains(extensions, extension);

-- Seconds after local midnight.
CREATE MACRO second_of_day(moment) AS hour(moment) * 3600 + minute(moment) * 60 + second(moment);
