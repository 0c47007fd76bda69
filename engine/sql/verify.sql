-- What must hold. Each statement finds what does not, at most $limit of it, the first first.

-- name: sizes
-- How much there is to check.
SELECT (SELECT count(*) FROM extension), (SELECT count(*) FROM ledger_entry), (SELECT count(*) FROM call),
       (SELECT count(*) FROM source_file);

-- name: balances
-- Balances that are not the sum of the extension's entries; a NULL balance = there is no such extension.
WITH booked AS (
    SELECT extension AS number, sum(amount_micros) AS sum_micros FROM ledger_entry GROUP BY extension
)
SELECT coalesce(extension.number, booked.number) AS number, extension.balance_micros,
       coalesce(booked.sum_micros, 0) AS sum_micros
FROM extension FULL JOIN booked ON booked.number = extension.number
WHERE extension.balance_micros IS DISTINCT FROM coalesce(booked.sum_micros, 0)
ORDER BY number LIMIT $limit;

-- name: chain
-- Entries whose balance after is not the one before plus their amount.
WITH linked AS (
    SELECT entry_id, extension, amount_micros, balance_after_micros,
           lag(balance_after_micros, 1, 0) OVER (PARTITION BY extension ORDER BY entry_id) AS before_micros
    FROM ledger_entry
)
SELECT entry_id, extension, before_micros, amount_micros, balance_after_micros
FROM linked
WHERE CAST(balance_after_micros AS HUGEINT) <> CAST(before_micros AS HUGEINT) + amount_micros
ORDER BY entry_id LIMIT $limit;

-- name: repeated_entries
-- Entry numbers given twice.
SELECT entry_id, count(*) FROM ledger_entry GROUP BY entry_id HAVING count(*) > 1 ORDER BY entry_id LIMIT $limit;

-- name: signs
-- Entries whose amount cannot belong to their kind.
SELECT entry_id, extension, kind, amount_micros
FROM ledger_entry
WHERE CASE kind
          WHEN 'recharge' THEN amount_micros <= 0
          WHEN 'charge' THEN amount_micros > 0
          WHEN 'reversal' THEN amount_micros < 0
          WHEN 'method change' THEN amount_micros <> 0
          ELSE kind <> 'adjustment'
      END
ORDER BY entry_id LIMIT $limit;

-- name: recharged
-- Totals recharged that are not the recharges since the payment method last changed.
WITH changed AS (
    SELECT extension, max(entry_id) AS entry_id FROM ledger_entry WHERE kind = 'method change' GROUP BY extension
),
booked AS (
    SELECT entry.extension, sum(entry.amount_micros) AS sum_micros
    FROM ledger_entry AS entry
    LEFT JOIN changed ON changed.extension = entry.extension
    WHERE entry.kind = 'recharge' AND entry.entry_id > coalesce(changed.entry_id, -1)
    GROUP BY entry.extension
)
SELECT extension.number, extension.total_recharged_micros, coalesce(booked.sum_micros, 0)
FROM extension LEFT JOIN booked ON booked.extension = extension.number
WHERE extension.total_recharged_micros <> coalesce(booked.sum_micros, 0)
ORDER BY extension.number LIMIT $limit;

-- name: charges
-- Calls whose entries do not come to their cost: open charges (one, or none for a free call), their net
-- amount, and the extension they were booked on. A NULL cost = there is no such call.
WITH booked AS (
    SELECT call_id, min(extension) AS first_extension, max(extension) AS last_extension,
           count(*) FILTER (kind = 'charge') - count(*) FILTER (kind = 'reversal') AS open_charges,
           sum(amount_micros) AS net_micros
    FROM ledger_entry
    WHERE kind IN ('charge', 'reversal')
    GROUP BY call_id
)
SELECT coalesce(call.call_id, booked.call_id) AS call_id, call.extension, call.started_local, call.cost_micros,
       coalesce(booked.open_charges, 0), coalesce(booked.net_micros, 0),
       coalesce(booked.first_extension, ''), coalesce(booked.last_extension, '')
FROM call FULL JOIN booked ON booked.call_id = call.call_id
WHERE call.call_id IS NULL
   OR -call.cost_micros <> coalesce(booked.net_micros, 0)
   OR coalesce(booked.open_charges, 0) NOT IN (0, 1)
   OR (call.cost_micros > 0 AND coalesce(booked.open_charges, 0) <> 1)
   OR (booked.call_id IS NOT NULL
       AND (booked.first_extension <> call.extension OR booked.last_extension <> call.extension))
ORDER BY call_id LIMIT $limit;

-- name: reversals
-- Charges and reversals of one call that do not take turns, or a reversal of another amount than its charge.
WITH reversed AS (
    SELECT DISTINCT call_id FROM ledger_entry WHERE kind = 'reversal'
),
linked AS (
    SELECT entry_id, call_id, kind, amount_micros,
           lag(kind, 1, 'reversal') OVER steps AS kind_before,
           lag(amount_micros, 1, 0) OVER steps AS amount_before
    FROM ledger_entry
    WHERE kind IN ('charge', 'reversal') AND call_id IN (SELECT call_id FROM reversed)
    WINDOW steps AS (PARTITION BY call_id ORDER BY entry_id)
)
SELECT entry_id, call_id, kind, amount_micros, kind_before, amount_before
FROM linked
WHERE kind = kind_before OR (kind = 'reversal' AND amount_micros <> -amount_before)
ORDER BY entry_id LIMIT $limit;

-- name: files
-- Files whose lines or bytes do not add up, or whose stored calls are not the calls that name them.
WITH held AS (
    SELECT file_id, count(*) AS calls, sum(line_length) AS bytes, max(line_offset + line_length) AS end_offset
    FROM call GROUP BY file_id
),
bad AS (
    SELECT file_id, count(*) AS lines, sum(line_length) AS bytes
    FROM quarantine WHERE retried_at IS NULL GROUP BY file_id
)
SELECT coalesce(file.file_id, held.file_id, bad.file_id), file.path, file.lines,
       file.stored + file.duplicates + file.quarantined + file.ignored,
       file.read_offset,
       file.stored_bytes + file.duplicate_bytes + file.quarantined_bytes + file.ignored_bytes,
       file.stored, coalesce(held.calls, 0), file.stored_bytes, coalesce(held.bytes, 0),
       file.quarantined, coalesce(bad.lines, 0), file.quarantined_bytes, coalesce(bad.bytes, 0),
       coalesce(held.end_offset, 0)
FROM source_file AS file
FULL JOIN held ON held.file_id = file.file_id
FULL JOIN bad ON bad.file_id = coalesce(file.file_id, held.file_id)
WHERE file.file_id IS NULL
   OR file.lines <> file.stored + file.duplicates + file.quarantined + file.ignored
   OR file.read_offset <> file.stored_bytes + file.duplicate_bytes + file.quarantined_bytes + file.ignored_bytes
   OR file.stored <> coalesce(held.calls, 0) OR file.stored_bytes <> coalesce(held.bytes, 0)
   OR file.quarantined <> coalesce(bad.lines, 0) OR file.quarantined_bytes <> coalesce(bad.bytes, 0)
   OR coalesce(held.end_offset, 0) > file.read_offset
ORDER BY 1 LIMIT $limit;

-- name: overlaps
-- Lines that begin before the one before them ends.
WITH line AS (
    SELECT file_id, line_offset, line_length FROM call
    UNION ALL
    SELECT file_id, line_offset, line_length FROM quarantine WHERE retried_at IS NULL
),
following AS (
    SELECT file_id, line_offset,
           lag(line_offset + line_length, 1, 0) OVER (PARTITION BY file_id ORDER BY line_offset, line_length) AS free_from
    FROM line
)
SELECT following.file_id, coalesce(source_file.path, ''), following.line_offset, following.free_from
FROM following LEFT JOIN source_file ON source_file.file_id = following.file_id
WHERE following.line_offset < following.free_from
ORDER BY following.file_id, following.line_offset LIMIT $limit;

-- name: duplicates
-- Calls stored more than once: the same key at the same moment.
SELECT min(call_id), max(call_id), min(extension), count(*)
FROM call GROUP BY call_key, started_at HAVING count(*) > 1 ORDER BY min(call_id) LIMIT $limit;

-- name: repeated_calls
-- Call numbers given twice.
SELECT call_id, count(*) FROM call GROUP BY call_id HAVING count(*) > 1 ORDER BY call_id LIMIT $limit;
