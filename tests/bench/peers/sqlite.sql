-- The set-based way: distinct numbers, candidates by prefix, the best unconditional rule of each number, then
-- the conditional ones ranked before it, per call.
CREATE TABLE charged AS
SELECT
    row, src, dst, billsec,
    datetime(answer, '+8 hours') AS local
FROM call
WHERE dstchannel LIKE 'PJSIP/trunk@_%' ESCAPE '@' AND disposition = 'ANSWERED' AND billsec > 0
    AND src IN (SELECT number FROM billed);

CREATE TABLE candidate AS
SELECT numbers.dst, rule.rank, rule.conditional
FROM (SELECT DISTINCT dst FROM charged) AS numbers
JOIN prefix_length ON prefix_length.length <= length(numbers.dst)
JOIN rule ON rule.prefix = substr(numbers.dst, 1, prefix_length.length)
WHERE rule.number_length IN (0, length(numbers.dst));

CREATE TABLE best AS
SELECT dst, min(rank) AS rank FROM candidate WHERE NOT conditional GROUP BY dst;

CREATE UNIQUE INDEX best_dst ON best (dst);

CREATE TABLE contested AS
SELECT candidate.dst, candidate.rank
FROM candidate LEFT JOIN best USING (dst)
WHERE candidate.conditional AND (best.rank IS NULL OR candidate.rank < best.rank);

CREATE INDEX contested_dst ON contested (dst);

CREATE TABLE fitting AS
WITH moment AS (
    SELECT
        charged.row, charged.src, contested.rank, date(local) AS day,
        CAST(strftime('%H', local) AS INTEGER) * 3600 + CAST(strftime('%M', local) AS INTEGER) * 60
            + CAST(strftime('%S', local) AS INTEGER) AS clock,
        (CAST(strftime('%w', local) AS INTEGER) + 6) % 7 AS weekday
    FROM charged JOIN contested USING (dst)
)
SELECT moment.row, min(moment.rank) AS rank
FROM moment JOIN rule USING (rank)
WHERE (NOT chosen OR EXISTS (
        SELECT 1 FROM rule_extension
        WHERE rule_extension.rank = moment.rank AND rule_extension.extension = moment.src
    ))
    AND (valid_from = '' OR day >= valid_from)
    AND (valid_to = '' OR day < valid_to)
    AND CASE
        WHEN start_second = end_second THEN (weekdays >> weekday) & 1
        WHEN start_second < end_second
            THEN clock >= start_second AND clock < end_second AND ((weekdays >> weekday) & 1)
        WHEN clock >= start_second THEN (weekdays >> weekday) & 1
        ELSE clock < end_second AND ((weekdays >> ((weekday + 6) % 7)) & 1)
    END
GROUP BY moment.row;

CREATE UNIQUE INDEX fitting_row ON fitting (row);

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
        + (2 * ((max(billsec - initial_seconds, 0) + cycle_seconds - 1) / cycle_seconds) * cycle_seconds
            * price_micros + price_seconds) / (2 * price_seconds) AS cost_micros
FROM won JOIN rule USING (rank);
