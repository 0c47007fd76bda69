-- Sums over calls by the period of their start on the site's clocks. Conditions are those of calls.sql.

-- name: lines
-- One line per period and key: period as a number for the order, key and label as text.
WITH matching AS (
    SELECT started_local, extension, trunk, number_rated(rated_number, dialled) AS number, direction, rate_version, unrated, answered_at,
        talk_seconds(direction, billsec, charged_seconds) AS billsec, cost_micros
    FROM call WHERE is_call(unrated) AND /*where*/
),
prefixed AS (
    SELECT number, prefix FROM dialled_prefix WHERE $per = 'prefix'
),
placed AS (
    SELECT number, name, country FROM number_destination WHERE $per IN ('destination', 'country')
),
keyed AS (
    SELECT CASE $by
               WHEN 'day' THEN CAST(started_local AS DATE) - DATE '1970-01-01'
               WHEN 'month' THEN year(started_local) * 12 + month(started_local) - 1
               WHEN 'year' THEN year(started_local)
               WHEN 'hour' THEN hour(started_local)
               WHEN 'weekday' THEN isodow(started_local) - 1
               ELSE 0
           END AS period,
           CASE $per
               WHEN 'extension' THEN extension
               WHEN 'trunk' THEN trunk
               WHEN 'prefix' THEN coalesce(prefixed.prefix, left(number, 3))
               WHEN 'destination' THEN if(direction = 'outbound', coalesce(placed.name, ''), '')
               WHEN 'country' THEN if(direction = 'outbound', coalesce(placed.country, ''), '')
               ELSE ''
           END AS key,
           CASE WHEN $per = 'rate' THEN unrated END AS reason,
           CASE WHEN $per IN ('rate', 'prefix') THEN rate_version END AS version_id,
           answered_at, billsec, cost_micros
    FROM matching
    LEFT JOIN prefixed USING (number)
    LEFT JOIN placed USING (number)
),
counted AS (
    SELECT period, key, reason, version_id, count(*) AS calls, count(answered_at) AS answered,
           coalesce(sum(billsec) FILTER (answered_at IS NOT NULL), 0) AS duration,
           sum(cost_micros) AS cost_micros
    FROM keyed
    GROUP BY period, key, reason, version_id
),
named AS (
    SELECT counted.period, counted.reason, counted.calls, counted.answered, counted.duration, counted.cost_micros,
           CASE $per
               WHEN 'rate' THEN coalesce(rate_version.name, '')
               WHEN 'prefix' THEN coalesce(nullif(rate_version.prefix, ''), counted.key)
               ELSE counted.key
           END AS key,
           CASE WHEN $per = 'prefix' AND rate_version.prefix <> '' THEN rate_version.name END AS rule
    FROM counted
    LEFT JOIN rate_version ON rate_version.version_id = counted.version_id
),
listed AS (
    SELECT rate_version.prefix, min(rate_version.name) AS name
    FROM rate JOIN rate_version USING (version_id)
    WHERE rate.enabled
    GROUP BY rate_version.prefix
),
line AS (
    SELECT period, key, reason, min(rule) AS first_rule, max(rule) AS last_rule, sum(calls) AS calls,
           sum(answered) AS answered, sum(duration) AS duration, sum(cost_micros) AS cost_micros
    FROM named
    GROUP BY period, key, reason
    ORDER BY period, key, reason
    LIMIT $limit
)
SELECT line.period, line.key, line.reason,
       CASE WHEN $per = 'extension' THEN coalesce(extension.name, '')
            WHEN line.first_rule = line.last_rule THEN line.first_rule
            ELSE coalesce(line.first_rule || ' …', listed.name, '')
       END AS label,
       CAST(line.calls AS BIGINT), CAST(line.answered AS BIGINT), CAST(line.duration AS BIGINT),
       line.cost_micros
FROM line
LEFT JOIN extension ON $per = 'extension' AND extension.number = line.key
LEFT JOIN listed ON $per = 'prefix' AND listed.prefix = line.key
ORDER BY line.period, line.key, line.reason;

-- name: total
-- The sum over all calls that match.
SELECT count(*), count(answered_at),
       CAST(coalesce(sum(talk_seconds(direction, billsec, charged_seconds)) FILTER (answered_at IS NOT NULL), 0) AS BIGINT),
       coalesce(sum(cost_micros), 0)
FROM call WHERE is_call(unrated) AND /*where*/;

-- name: heat
-- Sums by weekday and hour, where there are calls.
SELECT isodow(started_local) - 1 AS weekday, hour(started_local) AS hour, count(*),
       CAST(coalesce(sum(talk_seconds(direction, billsec, charged_seconds)) FILTER (answered_at IS NOT NULL), 0) AS BIGINT),
       sum(cost_micros)
FROM call WHERE is_call(unrated) AND /*where*/
GROUP BY weekday, hour
ORDER BY weekday, hour;
