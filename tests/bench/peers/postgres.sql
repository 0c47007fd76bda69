-- The set-based way: one hash join over the distinct prefix lengths, or an index of prefixes (`with_prefix`).
\set ON_ERROR_STOP on
SET work_mem = '256MB';
SET maintenance_work_mem = '256MB';

BEGIN;

CREATE TABLE rule (
    rank integer, prefix text, number_length integer, initial_fee_micros bigint, initial_seconds bigint,
    price_micros bigint, price_seconds bigint, cycle_seconds bigint, start_second integer, end_second integer,
    weekdays integer, valid_from date, valid_to date, chosen boolean, conditional boolean, extensions text[]
);
\copy rule FROM 'rules.csv' (FORMAT csv)

CREATE TABLE billed (number text);
\copy billed FROM 'billed.csv' (FORMAT csv)

CREATE TABLE call (
    accountcode text, src text, dst text, dcontext text, clid text, channel text, dstchannel text, lastapp text,
    lastdata text, start timestamp, answer timestamp, "end" timestamp, duration integer, billsec integer,
    disposition text, amaflags text, uniqueid text, userfield text, peeraccount text, linkedid text,
    sequence integer
);
\copy call FROM 'calls.csv' (FORMAT csv)

CREATE TABLE charged AS
SELECT sequence AS row, src, dst, billsec, answer + interval '8 hours' AS local
FROM call
WHERE starts_with(dstchannel, 'PJSIP/trunk_') AND disposition = 'ANSWERED' AND billsec > 0
    AND src IN (SELECT number FROM billed);

ANALYZE rule, charged;

\if :with_prefix
CREATE EXTENSION prefix;
CREATE TABLE range AS SELECT rank, prefix::prefix_range AS numbers, number_length, conditional FROM rule;
CREATE INDEX ON range USING gist (numbers);
ANALYZE range;
CREATE TABLE candidate AS
SELECT numbers.dst, range.rank, range.conditional
FROM (SELECT DISTINCT dst FROM charged) AS numbers
JOIN range ON range.numbers @> numbers.dst
WHERE range.number_length IN (0, length(numbers.dst));
\else
CREATE TABLE candidate AS
SELECT numbers.dst, rule.rank, rule.conditional
FROM (SELECT DISTINCT dst FROM charged) AS numbers
JOIN (SELECT DISTINCT length(prefix) AS length FROM rule) AS lengths ON lengths.length <= length(numbers.dst)
JOIN rule ON rule.prefix = left(numbers.dst, lengths.length)
WHERE rule.number_length IN (0, length(numbers.dst));
\endif

CREATE TABLE best AS
SELECT dst, min(rank) AS rank FROM candidate WHERE NOT conditional GROUP BY dst;

CREATE TABLE contested AS
SELECT candidate.dst, candidate.rank
FROM candidate LEFT JOIN best USING (dst)
WHERE candidate.conditional AND (best.rank IS NULL OR candidate.rank < best.rank);

ANALYZE best, contested;

CREATE TABLE fitting AS
WITH moment AS (
    SELECT
        charged.row, charged.src, contested.rank, local::date AS day,
        (extract(epoch FROM local::time))::integer AS clock, extract(isodow FROM local)::integer - 1 AS weekday
    FROM charged JOIN contested USING (dst)
)
SELECT moment.row, min(moment.rank) AS rank
FROM moment JOIN rule USING (rank)
WHERE (NOT chosen OR moment.src = ANY (extensions))
    AND (valid_from IS NULL OR day >= valid_from)
    AND (valid_to IS NULL OR day < valid_to)
    AND CASE
        WHEN start_second = end_second THEN (weekdays >> weekday) & 1 = 1
        WHEN start_second < end_second
            THEN clock >= start_second AND clock < end_second AND (weekdays >> weekday) & 1 = 1
        WHEN clock >= start_second THEN (weekdays >> weekday) & 1 = 1
        ELSE clock < end_second AND (weekdays >> ((weekday + 6) % 7)) & 1 = 1
    END
GROUP BY moment.row;

ANALYZE fitting;

CREATE TABLE cost AS
WITH won AS (
    SELECT charged.row, charged.billsec, coalesce(fitting.rank, best.rank) AS rank
    FROM charged
    LEFT JOIN fitting USING (row)
    LEFT JOIN best ON best.dst = charged.dst
)
SELECT
    won.row,
    initial_fee_micros
        + (2 * ((greatest(billsec - initial_seconds, 0) + cycle_seconds - 1) / cycle_seconds) * cycle_seconds
            * price_micros + price_seconds) / (2 * price_seconds) AS cost_micros
FROM won JOIN rule USING (rank);

COMMIT;
