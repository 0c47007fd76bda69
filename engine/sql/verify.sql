-- What must hold. Each statement finds what does not, at most $limit of it, the first first.

-- name: sizes
-- How much there is to check.
SELECT (SELECT count(*) FROM extension), (SELECT count(*) FROM ledger_entry), (SELECT count(*) FROM call),
       (SELECT count(*) FROM source_file);

-- name: duplicate_lines
-- The files that brought calls which were stored already, and how many, those read last first.
SELECT path, lines, stored, duplicates FROM source_file WHERE duplicates > 0
ORDER BY last_read_at DESC, file_id DESC LIMIT $limit;

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
WITH posted AS (
    SELECT call_id, extension, count(*) FILTER (kind = 'charge') - count(*) FILTER (kind = 'reversal') AS open_charges,
           sum(amount_micros) AS net_micros
    FROM ledger_entry
    WHERE kind IN ('charge', 'reversal')
    GROUP BY call_id, extension
),
booked AS (
    -- What was charged and reversed again may have been another extension's.
    SELECT call_id, min(extension) FILTER (open_charges <> 0 OR net_micros <> 0) AS first_extension,
           max(extension) FILTER (open_charges <> 0 OR net_micros <> 0) AS last_extension,
           min(extension) AS any_extension, sum(open_charges) AS open_charges, sum(net_micros) AS net_micros
    FROM posted
    GROUP BY call_id
)
SELECT coalesce(call.call_id, booked.call_id) AS call_id, call.extension, call.started_local, call.cost_micros,
       coalesce(booked.open_charges, 0)::BIGINT, coalesce(booked.net_micros, 0),
       coalesce(booked.first_extension, CASE WHEN call.call_id IS NULL THEN any_extension END, ''),
       coalesce(booked.last_extension, '')
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
    FROM call WHERE has_line(facts) GROUP BY file_id
),
told AS (
    SELECT file_id, count(*) AS lines, sum(line_length) AS bytes, max(line_offset + line_length) AS end_offset
    FROM event GROUP BY file_id
),
bad AS (
    SELECT file_id, count(*) AS lines, sum(line_length) AS bytes
    FROM quarantine WHERE retried_at IS NULL GROUP BY file_id
)
SELECT coalesce(file.file_id, held.file_id, bad.file_id, told.file_id), file.path, file.lines,
       file.stored + file.duplicates + file.quarantined + file.ignored + file.events,
       file.read_offset,
       file.stored_bytes + file.duplicate_bytes + file.quarantined_bytes + file.ignored_bytes + file.event_bytes,
       file.stored, coalesce(held.calls, 0), file.stored_bytes, coalesce(held.bytes, 0),
       file.quarantined, coalesce(bad.lines, 0), file.quarantined_bytes, coalesce(bad.bytes, 0),
       file.events, coalesce(told.lines, 0), file.event_bytes, coalesce(told.bytes, 0),
       greatest(coalesce(held.end_offset, 0), coalesce(told.end_offset, 0))
FROM source_file AS file
FULL JOIN held ON held.file_id = file.file_id
FULL JOIN bad ON bad.file_id = coalesce(file.file_id, held.file_id)
FULL JOIN told ON told.file_id = coalesce(file.file_id, held.file_id, bad.file_id)
WHERE file.file_id IS NULL
   OR file.lines <> file.stored + file.duplicates + file.quarantined + file.ignored + file.events
   OR file.read_offset
       <> file.stored_bytes + file.duplicate_bytes + file.quarantined_bytes + file.ignored_bytes + file.event_bytes
   OR file.events <> coalesce(told.lines, 0) OR file.event_bytes <> coalesce(told.bytes, 0)
   OR file.stored <> coalesce(held.calls, 0) OR file.stored_bytes <> coalesce(held.bytes, 0)
   OR file.quarantined <> coalesce(bad.lines, 0) OR file.quarantined_bytes <> coalesce(bad.bytes, 0)
   OR greatest(coalesce(held.end_offset, 0), coalesce(told.end_offset, 0)) > file.read_offset
ORDER BY 1 LIMIT $limit;

-- name: overlaps
-- Lines that begin before the one before them ends.
WITH line AS (
    SELECT file_id, line_offset, line_length FROM call WHERE has_line(facts)
    UNION ALL
    SELECT file_id, line_offset, line_length FROM event
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

-- name: rated
-- Calls whose cost or parts are not what their rule's version makes of them, or that carry a rule they cannot have:
-- with what it makes of them (NULL = nothing).
WITH rated AS (
    SELECT call.call_id, call.extension, call.started_local, call.cost_micros, call.cycles, call.first_block_micros,
        call.unrated, call.rate_version, version.version_id, version.name, version.initial_fee_micros,
        call.direction = 'outbound' AND call.charged_seconds > 0 AND call.unrated IS NULL
            AND starts_with(coalesce(call.rated_number, call.dialled), version.prefix)
            AND version.number_length IN (0, length(coalesce(call.rated_number, call.dialled)))
            AND covers_extension(version.extensions, call.extension) AS fits,
        billed_cycles(call.charged_seconds, version.initial_seconds, version.cycle_seconds) AS due_cycles,
        version.initial_fee_micros + price_of_cycles(
            billed_cycles(call.charged_seconds, version.initial_seconds, version.cycle_seconds),
            version.cycle_seconds, version.price_micros, version.price_seconds
        ) AS due_micros
    FROM call LEFT JOIN rate_version AS version ON version.version_id = call.rate_version
)
SELECT call_id, extension, started_local, cost_micros, coalesce(name, ''), coalesce(fits, false), due_micros
FROM rated
WHERE CASE
    WHEN rate_version IS NULL THEN cost_micros <> 0 OR cycles <> 0 OR first_block_micros <> 0 OR unrated IS NULL
    WHEN version_id IS NULL OR NOT fits THEN true
    ELSE cost_micros <> due_micros OR cycles <> due_cycles OR first_block_micros <> initial_fee_micros
END
ORDER BY call_id LIMIT $limit;

-- name: operations
-- Entries that an operator made and no operation tells of, and what operations tell and no entry holds.
WITH answered AS (
    SELECT operation_key,
        unnest(from_json(result, '{"rows": [{"entry_id": "BIGINT", "extension": "VARCHAR", "amount_micros": "BIGINT",
            "balance_after_micros": "BIGINT", "operator": "VARCHAR", "note": "VARCHAR"}]}').rows) AS entry
    FROM operation
),
made AS (
    SELECT * FROM ledger_entry WHERE operation_key IS NOT NULL OR kind IN ('recharge', 'adjustment')
)
SELECT coalesce(made.operation_key, answered.operation_key, '') AS operation_key, made.entry_id, entry.entry_id,
    coalesce(made.extension, entry.extension), made.amount_micros, entry.amount_micros
FROM made FULL JOIN answered
    ON answered.operation_key = made.operation_key AND entry.entry_id = made.entry_id
WHERE made.entry_id IS NULL OR entry.entry_id IS NULL
    OR made.extension <> entry.extension OR made.amount_micros <> entry.amount_micros
    OR made.balance_after_micros <> entry.balance_after_micros
    OR made.operator <> entry.operator OR made.note <> entry.note
ORDER BY coalesce(made.entry_id, entry.entry_id) LIMIT $limit;

-- name: links
-- Links of the chain that do not rest on the one before, or whose digest is not that of what they say.
WITH walked AS (
    SELECT *, lag(digest) OVER steps AS previous, lag(number, 1, 0) OVER steps AS number_before,
        lag(last_entry, 1, 0) OVER steps AS entry_before, lag(last_operation, 1, 0) OVER steps AS operation_before,
        lag(last_audit, 1, 0) OVER steps AS audit_before, lag(last_call, 1, 0) OVER steps AS call_before
    FROM chain
    WINDOW steps AS (ORDER BY number)
)
SELECT number, made_at, number_before
FROM walked
WHERE number <> number_before + 1
    OR first_entry <= entry_before OR first_operation <= operation_before
    OR first_audit <= audit_before OR first_call <> call_before + 1
    OR digest <> unhex(sha256(concat_ws('|', coalesce(lower(hex(previous)), ''), number, epoch_us(made_at),
        first_entry, last_entry, first_operation, last_operation, first_audit, last_audit, first_call, last_call,
        entries, operations, audits, calls, extensions, rates, accounts, settings)))
ORDER BY number LIMIT $limit;

-- name: chained_entries
-- Links whose ledger entries are not those that were added then. A NULL link = entries outside the chain.
WITH link AS (
    SELECT number, made_at, first_entry AS first, last_entry AS last, entries AS digest
    FROM chain WHERE last_entry >= first_entry
),
placed AS (
    SELECT ledger_entry.*, CASE WHEN entry_id >= link.first THEN link.number END AS number
    FROM ledger_entry ASOF LEFT JOIN link ON ledger_entry.entry_id <= link.last
),
texts AS (
    SELECT number, min(entry_id) AS first, max(entry_id) AS last,
        entries_digest(extension, kind, posted_at, operator, note, operation_key, count(*),
            sum(entry_id), sum(entry_id::HUGEINT * amount_micros), sum(entry_id::HUGEINT * balance_after_micros),
            sum(entry_id::HUGEINT * coalesce(call_id, 0))) AS digest
    FROM placed
    GROUP BY number, extension, kind, posted_at, operator, note, operation_key
),
held AS (
    SELECT number, min(first) AS first, max(last) AS last, bit_xor(digest) AS digest FROM texts GROUP BY number
)
SELECT link.number, link.made_at, coalesce(link.first, held.first), coalesce(link.last, held.last)
FROM link FULL JOIN held ON held.number = link.number
WHERE link.digest IS DISTINCT FROM held.digest
ORDER BY link.number LIMIT $limit;

-- name: chained_calls
-- Links whose calls are not those that were stored then. A NULL link = calls outside the chain.
WITH link AS (
    SELECT number, made_at, first_call AS first, last_call AS last, calls AS digest
    FROM chain WHERE last_call >= first_call
),
placed AS (
    SELECT call_id, call_key, has_line(facts)::INTEGER * epoch_us(started_at) AS started_us,
        has_line(facts)::INTEGER * billsec AS billsec, has_line(facts)::INTEGER * line_offset AS line_offset,
        CASE WHEN call_id >= link.first THEN link.number END AS number
    FROM call ASOF LEFT JOIN link ON call.call_id <= link.last
),
held AS (
    SELECT number, min(call_id) AS first, max(call_id) AS last,
        calls_digest(count(*), sum(call_id), sum(call_key), sum(call_id::HUGEINT * started_us),
            sum(call_id::HUGEINT * billsec), sum(call_id::HUGEINT * line_offset)) AS digest
    FROM placed GROUP BY number
)
SELECT link.number, link.made_at, coalesce(link.first, held.first), coalesce(link.last, held.last)
FROM link FULL JOIN held ON held.number = link.number
WHERE link.digest IS DISTINCT FROM held.digest
ORDER BY link.number LIMIT $limit;

-- name: chained_operations
-- Links whose operations are not those that were done then. A NULL link = operations outside the chain.
WITH link AS (
    SELECT number, made_at, first_operation AS first, last_operation AS last, operations AS digest
    FROM chain WHERE last_operation >= first_operation
),
placed AS (
    SELECT operation.*, CASE WHEN operation_id >= link.first THEN link.number END AS number
    FROM operation ASOF LEFT JOIN link ON operation.operation_id <= link.last
),
held AS (
    SELECT number, min(operation_id) AS first, max(operation_id) AS last,
        bit_xor(operation_digest(operation_id, operation_key, content, result, done_at)) AS digest
    FROM placed GROUP BY number
)
SELECT link.number, link.made_at, coalesce(link.first, held.first), coalesce(link.last, held.last)
FROM link FULL JOIN held ON held.number = link.number
WHERE link.digest IS DISTINCT FROM held.digest
ORDER BY link.number LIMIT $limit;

-- name: chained_audits
-- Links whose audit rows are not those that were written then. A NULL link = rows outside the chain.
WITH link AS (
    SELECT number, made_at, first_audit AS first, last_audit AS last, audits AS digest
    FROM chain WHERE last_audit >= first_audit
),
placed AS (
    SELECT audit.*, CASE WHEN audit_id >= link.first THEN link.number END AS number
    FROM audit ASOF LEFT JOIN link ON audit.audit_id <= link.last
),
held AS (
    SELECT number, min(audit_id) AS first, max(audit_id) AS last,
        bit_xor(audit_digest(audit_id, done_at, operator, role, os_user, action, outcome, detail)) AS digest
    FROM placed GROUP BY number
)
SELECT link.number, link.made_at, coalesce(link.first, held.first), coalesce(link.last, held.last)
FROM link FULL JOIN held ON held.number = link.number
WHERE link.digest IS DISTINCT FROM held.digest
ORDER BY link.number LIMIT $limit;

-- name: changed_outside
-- What starts of the engine found changed by somebody else, since that was last accepted.
SELECT done_at, coalesce(json_extract(detail, '$.message')::VARCHAR, '')
FROM audit
WHERE action = 'ChangedOutside'
    AND audit_id > (SELECT coalesce(max(audit_id), 0) FROM audit WHERE action = 'AcceptedLoss')
ORDER BY audit_id LIMIT $limit;
