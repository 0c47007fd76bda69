-- name: movements
-- For each call of the bound table `changed` whose cost is another one the reversal of its charge, then its new
-- charge, in the order of the calls; a cost of 0 leaves no entry.
WITH moved AS (
    SELECT call_id, extension, 0 AS step, 'reversal' AS kind, old_cost_micros AS amount_micros
    FROM changed WHERE old_cost_micros <> new_cost_micros AND old_cost_micros <> 0
    UNION ALL
    SELECT call_id, extension, 1 AS step, 'charge' AS kind, -new_cost_micros AS amount_micros
    FROM changed WHERE old_cost_micros <> new_cost_micros AND new_cost_micros <> 0
)
SELECT row_number() OVER (ORDER BY call_id, step) - 1 AS place, extension, kind, amount_micros, call_id
FROM moved;

-- name: changes
-- The extensions of the bound table `moved`, which says what they had available before, as they are told of: those
-- whose money moves most first.
SELECT
    extension, name, calls, amount_micros,
    over_limit($site_billing, billing, available_micros) AS over_limit_before,
    over_limit($site_billing, billing, available_micros + amount_micros) AS over_limit_after
FROM moved
ORDER BY abs(amount_micros) DESC, extension
LIMIT $limit;

-- name: sums
-- What the changes of the bound table `changed` mean for each extension; another rule of the same cost is none.
SELECT
    extension, count(*) AS calls, sum(old_cost_micros - new_cost_micros) AS amount_micros,
    count(*) FILTER (WHERE old_unrated IS NOT NULL AND new_unrated IS NULL) AS newly_rated
FROM changed
WHERE old_cost_micros <> new_cost_micros OR old_unrated IS DISTINCT FROM new_unrated
GROUP BY extension;
