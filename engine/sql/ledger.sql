-- name: extension_page
-- Extensions with what follows from their balances; the site's billing switch decides who is over limit.
SELECT
    number, name, billing, payment, total_recharged_micros, balance_micros, credit_limit_micros,
    available_micros, locked, over_limit, barred, low, is_new,
    count(*) OVER () AS total
FROM extension_state($site_billing, $low_balance)
WHERE /*where*/
ORDER BY
    CASE WHEN $sort = 'number' AND NOT $descending THEN length(number) END ASC,
    CASE WHEN $sort = 'number' AND NOT $descending THEN number END ASC,
    CASE WHEN $sort = 'number' AND $descending THEN length(number) END DESC,
    CASE WHEN $sort = 'number' AND $descending THEN number END DESC,
    CASE WHEN $sort = 'name' AND NOT $descending THEN lower(name) END ASC,
    CASE WHEN $sort = 'name' AND $descending THEN lower(name) END DESC,
    CASE WHEN $descending THEN -1 ELSE 1 END * CASE $sort
        WHEN 'balance' THEN balance_micros
        WHEN 'available' THEN available_micros
        WHEN 'credit_limit' THEN credit_limit_micros
        WHEN 'total_recharged' THEN total_recharged_micros
        WHEN 'state' THEN CASE WHEN over_limit THEN 0 WHEN locked THEN 1 WHEN low THEN 2 WHEN is_new THEN 3 WHEN billing THEN 4 ELSE 5 END
        ELSE 0
    END,
    length(number), number
LIMIT $limit OFFSET $offset;

-- condition: text
-- Part of a number or name.
contains(lower(number), lower($text)) OR contains(lower(name), lower($text))

-- condition: span
-- From one number to another of as many digits.
length(number) = length($low) AND number BETWEEN $low AND $high AND regexp_full_match(number, '[0-9]+')

-- condition: numbers
-- Only these.
list_contains($numbers, number)

-- condition: payment
-- One payment method.
payment = $payment

-- condition: barred
-- Locked or over limit.
barred

-- condition: over
-- Over limit.
over_limit

-- condition: locked
-- Locked by hand.
locked

-- condition: low
-- Below the site's low balance.
low

-- condition: free
-- Not barred.
NOT barred

-- condition: new
-- First seen in a CDR.
is_new

-- condition: billed
-- Billing is on.
billing

-- condition: unbilled
-- Billing is off.
NOT billing

-- name: known_extensions
-- Which of these exist, with what changing them needs to know.
SELECT number, name, billing, payment, credit_limit_micros, locked, is_new, balance_micros, total_recharged_micros
FROM extension WHERE list_contains($numbers, number);

-- name: add_extensions
-- Adds the extensions of the bound table `arrivals`.
INSERT INTO extension (number, name, billing, payment, credit_limit_micros, locked, is_new, created_at,
    balance_micros, total_recharged_micros)
SELECT number, name, billing, payment, credit_limit_micros, locked, is_new, $now, 0, 0 FROM arrivals;

-- name: change_extensions
-- Sets the properties of the bound table `changes`, one row an extension.
UPDATE extension SET
    name = changes.name,
    billing = changes.billing,
    payment = changes.payment,
    credit_limit_micros = changes.credit_limit_micros,
    locked = changes.locked,
    is_new = changes.is_new,
    total_recharged_micros = CASE WHEN extension.payment = changes.payment THEN total_recharged_micros ELSE 0 END
FROM changes WHERE extension.number = changes.number;

-- name: next_entry
-- The number of the next ledger entry.
SELECT coalesce(max(entry_id), 0) + 1 FROM ledger_entry;

-- name: append_entries
-- Appends the fed table `new_entries`, whose columns are those of table `ledger_entry`.
INSERT INTO ledger_entry BY NAME SELECT * FROM new_entries;

-- name: entries_of_movements
-- The movements of the bound table `movements` as ledger entries, with the balance after each, in any order.
SELECT
    $first_entry + place AS entry_id, movements.extension, kind, CAST($now AS TIMESTAMP) AS posted_at, amount_micros,
    extension.balance_micros
        + CAST(sum(amount_micros) OVER (PARTITION BY movements.extension ORDER BY place) AS BIGINT)
        AS balance_after_micros,
    call_id, CAST($operator AS VARCHAR) AS operator, CAST($note AS VARCHAR) AS note,
    CAST(NULL AS VARCHAR) AS operation_key
FROM movements JOIN extension ON extension.number = movements.extension;

-- name: move_balances
-- Makes each balance what the last of its entries in the bound table `posted_entries` leaves.
UPDATE extension SET balance_micros = last.balance_micros
FROM (
    SELECT extension AS number, arg_max(balance_after_micros, entry_id) AS balance_micros
    FROM posted_entries GROUP BY extension
) AS last
WHERE extension.number = last.number;

-- name: set_balances
-- Sets the balances of some extensions: comparing every number with them takes less time than a join has to be set up.
UPDATE extension
SET balance_micros = list_extract(CAST($balances AS BIGINT[]), list_position(CAST($numbers AS VARCHAR[]), number))
WHERE list_contains(CAST($numbers AS VARCHAR[]), number);

-- name: add_to_recharged
-- Adds the bound table `recharges` to the totals recharged.
UPDATE extension SET total_recharged_micros = extension.total_recharged_micros + sums.amount_micros
FROM (
    SELECT extension AS number, CAST(sum(amount_micros) AS BIGINT) AS amount_micros FROM recharges GROUP BY extension
) AS sums
WHERE extension.number = sums.number;

-- name: balances
-- Balances of these extensions.
SELECT number, balance_micros FROM extension WHERE list_contains($numbers, number);

-- name: recharge_page
-- Recharges with the extension's name, in the order asked for.
SELECT
    e.entry_id, e.posted_at, e.extension, coalesce(x.name, '') AS name,
    e.balance_after_micros - e.amount_micros AS balance_before_micros,
    e.amount_micros, e.balance_after_micros, e.operator, e.note,
    count(*) OVER () AS total,
    sum(e.amount_micros) OVER () AS amount_total
FROM ledger_entry AS e
LEFT JOIN extension AS x ON x.number = e.extension
WHERE e.kind = 'recharge' AND e.posted_at >= $since AND e.posted_at < $until
  AND ($text = '' OR contains(lower(e.extension), lower($text)) OR contains(lower(coalesce(x.name, '')), lower($text))
       OR contains(lower(e.note), lower($text)))
ORDER BY
    CASE WHEN $sort = 'time' AND $descending THEN e.entry_id END DESC,
    CASE WHEN $sort = 'time' AND NOT $descending THEN e.entry_id END ASC,
    CASE WHEN $sort = 'amount' AND $descending THEN e.amount_micros END DESC,
    CASE WHEN $sort = 'amount' AND NOT $descending THEN e.amount_micros END ASC,
    CASE WHEN $sort = 'extension' AND $descending THEN e.extension END DESC,
    CASE WHEN $sort = 'extension' AND NOT $descending THEN e.extension END ASC,
    CASE WHEN $sort = 'operator' AND $descending THEN e.operator END DESC,
    CASE WHEN $sort = 'operator' AND NOT $descending THEN e.operator END ASC,
    e.entry_id DESC
LIMIT $limit OFFSET $offset;

-- name: entry_page
-- One extension's ledger, newest first.
SELECT entry_id, kind, posted_at, amount_micros, balance_after_micros, call_id, operator, note,
    count(*) OVER () AS total
FROM ledger_entry
WHERE extension = $number AND posted_at >= $since AND posted_at < $until
ORDER BY entry_id DESC
LIMIT $limit OFFSET $offset;

-- name: operation
-- What an operation with this key did.
SELECT content, result FROM operation WHERE operation_key = $key;

-- name: record_operation
-- Remembers an operation by its key.
INSERT INTO operation (operation_id, operation_key, content, result, done_at)
SELECT coalesce(max(operation_id), 0) + 1, $key, $content, $result, $now FROM operation;

-- name: barred
-- Who the PBX must refuse, and why.
SELECT number AS extension, name, locked, available_micros
FROM extension_state($site_billing, 0)
WHERE barred
ORDER BY length(number), number;

-- name: available
-- Names, switches and available money of all extensions.
SELECT number AS extension, name, billing, available_micros FROM extension_state(false, 0);
