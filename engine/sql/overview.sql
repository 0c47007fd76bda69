-- The first screen.

-- name: days
-- Outbound calls of each local day from a moment on, before another.
SELECT CAST(started_local AS DATE) AS day, count(*), count(answered_at),
       CAST(coalesce(sum(charged_seconds) FILTER (answered_at IS NOT NULL), 0) AS BIGINT),
       sum(cost_micros), count(*) FILTER (money_may_be_missing(unrated))
FROM call
WHERE direction = 'outbound' AND is_call(unrated) AND started_local >= $start AND started_local < $end
GROUP BY day;

-- name: hours
-- Outbound calls of one local day by the hour.
SELECT hour(started_local) AS hour, count(*)
FROM call
WHERE direction = 'outbound' AND is_call(unrated) AND started_local >= $start AND started_local < $end
GROUP BY hour;

-- name: extensions
-- Extensions that are barred or low, the least available first, and how many there are of each.
WITH watched AS (
    SELECT number, name, locked, available_micros, over_limit, barred, low AND NOT barred AS low
    FROM extension_state($billing, $low_balance)
),
ranked AS (
    SELECT number, name, locked, available_micros, barred, low,
           count(*) FILTER (over_limit) OVER () AS over_limit_count,
           count(*) FILTER (low) OVER () AS low_count,
           count(*) FILTER (barred) OVER () AS barred_count,
           row_number() OVER (PARTITION BY barred, low ORDER BY available_micros, number) AS place
    FROM watched
    WHERE barred OR low
)
SELECT number, name, available_micros, locked, barred, low, over_limit_count, low_count, barred_count
FROM ranked
WHERE place <= greatest($limit, 1)
ORDER BY available_micros, number;
