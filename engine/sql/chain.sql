-- The chain over the books: what each commit added, as digests, each link resting on the one before.
-- Rows of one text are added up before they are digested, each amount times its row's number, so that a commit of
-- 100,000 charges costs no more than its extensions. engine/store/chain.py does the same with a few rows.

-- name: last
-- The newest link.
SELECT number, made_at, first_entry, last_entry, first_operation, last_operation, first_audit, last_audit,
    first_call, last_call, entries, operations, audits, calls, extensions, rates, accounts, settings, digest
FROM chain ORDER BY number DESC LIMIT 1;

-- name: link
-- The digest of one link.
SELECT digest FROM chain WHERE number = $number;

-- name: add
-- Appends a link.
INSERT INTO chain VALUES ($number, $made_at, $first_entry, $last_entry, $first_operation, $last_operation,
    $first_audit, $last_audit, $first_call, $last_call, $entries, $operations, $audits, $calls,
    $extensions, $rates, $accounts, $settings, $digest);

-- name: last_numbers
-- The newest number of entries, operations, and audit rows.
SELECT (SELECT coalesce(max(entry_id), 0) FROM ledger_entry),
    (SELECT coalesce(max(operation_id), 0) FROM operation),
    (SELECT coalesce(max(audit_id), 0) FROM audit);

-- name: few_entries
-- Entries after one, at most $limit.
SELECT entry_id, extension, kind, epoch_us(posted_at), operator, note, operation_key, amount_micros,
    balance_after_micros, call_id
FROM ledger_entry WHERE entry_id > $after LIMIT $limit;

-- name: few_calls
-- Calls after one, at most $limit.
SELECT call_id, call_key, has_line(facts)::INTEGER * epoch_us(started_at), has_line(facts)::INTEGER * billsec,
    has_line(facts)::INTEGER * line_offset
FROM call WHERE call_id > $after LIMIT $limit;

-- name: entries
-- The last of the entries after one, and their digest.
WITH texts AS (
    SELECT max(entry_id) AS last,
        entries_digest(extension, kind, posted_at, operator, note, operation_key, count(*),
            sum(entry_id), sum(entry_id::HUGEINT * amount_micros), sum(entry_id::HUGEINT * balance_after_micros),
            sum(entry_id::HUGEINT * coalesce(call_id, 0))) AS digest
    FROM ledger_entry WHERE entry_id > $after
    GROUP BY extension, kind, posted_at, operator, note, operation_key
)
SELECT max(last), bit_xor(digest) FROM texts;

-- name: calls
-- The last of the calls after one, and their digest.
SELECT max(call_id), calls_digest(count(*), sum(call_id), sum(call_key),
    sum(call_id::HUGEINT * has_line(facts)::INTEGER * epoch_us(started_at)),
    sum(call_id::HUGEINT * has_line(facts)::INTEGER * billsec),
    sum(call_id::HUGEINT * has_line(facts)::INTEGER * line_offset))
FROM call WHERE call_id > $after;

-- name: operations
-- The last of the operations after one, and their digest.
SELECT max(operation_id), bit_xor(operation_digest(operation_id, operation_key, content, result, done_at))
FROM operation WHERE operation_id > $after;

-- name: audits
-- The last of the audit's rows after one, and their digest.
SELECT max(audit_id), bit_xor(audit_digest(audit_id, done_at, operator, role, os_user, action, outcome, detail))
FROM audit WHERE audit_id > $after;

-- name: extensions
-- The digest of what extensions are, their money left aside.
SELECT coalesce(bit_xor(md5_number(concat_ws('|', number, length(name), name, billing, payment, credit_limit_micros,
    locked, epoch_us(created_at)))), 0)
FROM extension;

-- name: rates
-- The digest of the rules in force and of all that rules ever said.
SELECT xor(
    coalesce((SELECT bit_xor(md5_number(concat_ws('|', rate_id, version_id, position, enabled))) FROM rate), 0),
    coalesce((
        SELECT bit_xor(md5_number(concat_ws('|', version_id, rate_id, length(name), name, prefix, number_length,
            initial_fee_micros, initial_seconds, price_micros, coalesce(price_seconds, -1), cycle_seconds,
            start_second, end_second, weekdays, coalesce(CAST(valid_from AS VARCHAR), ''),
            coalesce(CAST(valid_to AS VARCHAR), ''), coalesce(array_to_string(extensions, ' '), 'all'),
            epoch_us(created_at), created_by)))
        FROM rate_version
    ), 0)
);

-- name: accounts
-- The digest of who may sign in, and how.
SELECT coalesce(bit_xor(md5_number(concat_ws('|', name, role, password_hash, length(os_user), os_user))), 0)
FROM account;

-- name: settings
-- The digest of what operators switch.
SELECT coalesce(bit_xor(md5_number(concat_ws('|', length(name), name, value))), 0) FROM setting;
