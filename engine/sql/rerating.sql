-- name: post_changes
-- For each call of the bound table `changed` whose cost is another one the reversal of its charge, then its new
-- charge, in the order of the calls; a cost of 0 leaves no entry.
WITH movements AS (
    SELECT call_id, extension, 0 AS place, 'reversal' AS kind, old_cost_micros AS amount_micros
    FROM changed WHERE old_cost_micros <> new_cost_micros AND old_cost_micros <> 0
    UNION ALL
    SELECT call_id, extension, 1 AS place, 'charge' AS kind, -new_cost_micros AS amount_micros
    FROM changed WHERE old_cost_micros <> new_cost_micros AND new_cost_micros <> 0
)
INSERT INTO ledger_entry (entry_id, extension, kind, posted_at, amount_micros, balance_after_micros, call_id,
    operator, note, operation_key)
SELECT
    $first_entry + row_number() OVER (ORDER BY call_id, place) - 1,
    movements.extension, kind, $now, amount_micros,
    extension.balance_micros
        + CAST(sum(amount_micros) OVER (PARTITION BY movements.extension ORDER BY call_id, place) AS BIGINT),
    call_id, $operator, 're-rated', NULL
FROM movements JOIN extension ON extension.number = movements.extension;

-- name: change_balances
-- Moves the balances by what the changes of the bound table `changed` come to.
UPDATE extension SET balance_micros = extension.balance_micros + sums.amount_micros
FROM (
    SELECT extension AS number, CAST(sum(old_cost_micros - new_cost_micros) AS BIGINT) AS amount_micros
    FROM changed GROUP BY extension
) AS sums
WHERE extension.number = sums.number;

-- name: sums
-- What the changes of the bound table `changed` mean for each extension; another rule of the same cost is none.
SELECT
    extension, count(*) AS calls, sum(old_cost_micros - new_cost_micros) AS amount_micros,
    count(*) FILTER (WHERE old_unrated IS NOT NULL AND new_unrated IS NULL) AS newly_rated
FROM changed
WHERE old_cost_micros <> new_cost_micros OR old_unrated IS DISTINCT FROM new_unrated
GROUP BY extension;
