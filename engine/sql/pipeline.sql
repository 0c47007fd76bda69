-- name: fresh
-- Rows of the bound table `parsed` that no stored call equals, in any order.
-- The look-up among stored calls is bounded by the batch's first and last start.
WITH stored AS (
    SELECT call_key, started_at FROM call WHERE started_at BETWEEN $first AND $last
)
SELECT row FROM parsed ANTI JOIN stored USING (call_key, started_at);

-- name: occurrences
-- Of each row of the bound table `recurring`, whose rows are in the order of their files: how often its file has
-- held such a record, this one included.
WITH held AS (
    SELECT file_id, call_key, started_at, count(*) AS times FROM recurring_record
    WHERE started_at BETWEEN $first AND $last AND file_id IN (SELECT file_id FROM recurring)
    GROUP BY ALL
)
SELECT row, coalesce(held.times, 0) + row_number() OVER (
    PARTITION BY recurring.file_id, recurring.call_key, recurring.started_at ORDER BY row
) AS occurrence
FROM recurring LEFT JOIN held USING (file_id, call_key, started_at);

-- name: note_occurrences
-- Keeps that their files held the records of the bound table `recurring`.
INSERT INTO recurring_record SELECT file_id, call_key, started_at FROM recurring;

-- name: append_many_calls
-- Appends the bound table `many_calls`, whose columns are those of table `call`.
INSERT INTO call BY NAME SELECT * FROM many_calls;

-- name: append_calls
-- The same for the fed table `new_calls`: kept for a few calls, it takes a seventh more for many.
INSERT INTO call BY NAME SELECT * FROM new_calls;

-- name: stored_keys
-- Which of these keys stored calls of a time have, and their starts in microseconds since 1970.
SELECT call_key, epoch_us(started_at) FROM call
WHERE started_at BETWEEN $first AND $last AND call_key IN (SELECT unnest(CAST($keys AS UBIGINT[])));

-- name: recent_keys
-- Keys and starts, in microseconds since 1970, of the calls that started at a moment or later.
SELECT call_key, epoch_us(started_at) FROM call WHERE started_at >= $since LIMIT $limit;

-- name: next_numbers
-- The numbers of the next call and the next ledger entry.
SELECT (SELECT coalesce(max(call_id), 0) + 1 FROM call), (SELECT coalesce(max(entry_id), 0) + 1 FROM ledger_entry);

-- name: accounts_in_use
-- Every extension's billing switch and balance.
SELECT number, billing, balance_micros FROM extension;

-- name: next_file
-- The number of the next file.
SELECT coalesce(max(file_id), 0) + 1 FROM source_file;

-- name: next_quarantine
-- The number of the next bad line.
SELECT coalesce(max(quarantine_id), 0) + 1 FROM quarantine;

-- name: arrivals
-- Extensions in the bound table `stored` that nobody has entered yet, with the newest name sent.
SELECT extension AS number, arg_max(caller_name, call_id) AS name
FROM stored ANTI JOIN extension ON extension.number = stored.extension
WHERE stored.extension <> ''
GROUP BY stored.extension
ORDER BY number;

-- name: add_arrivals
-- Enters them: billing off until somebody turns it on.
INSERT INTO extension (number, name, billing, payment, credit_limit_micros, locked, is_new, created_at,
    balance_micros, total_recharged_micros)
SELECT number, name, false, 'prepaid', 0, false, true, $now, 0, 0 FROM arrivals;

-- name: keep_rejects
-- Appends the bound table `rejects`.
INSERT INTO quarantine (quarantine_id, file_id, line_offset, line_number, line_length, field, reason, message, raw,
    timezone, found_at, retried_at)
SELECT $first_id + row_number() OVER (ORDER BY line_offset) - 1, $file_id, line_offset,
    $first_line + line_in_piece, line_length, field, reason, message, raw, $timezone, $now, NULL
FROM rejects;

-- name: add_files
-- Files read for the first time: the fed table `new_files`, whose columns are those of table `source_file`.
INSERT INTO source_file BY NAME SELECT * FROM new_files;

-- name: advance_file
-- A file read further: the position, and the calls stored on the way, in the transaction that stored them.
UPDATE source_file SET
    tail_length = $tail_length, tail_sha256 = $tail_sha256, read_offset = $read_offset,
    lines = lines + $lines, stored = stored + $stored, stored_bytes = stored_bytes + $stored_bytes,
    finished = $finished, last_read_at = $read_at, last_call_at = greatest(last_call_at, $last_call_at)
WHERE file_id = $file_id;

-- name: count_not_stored
-- What was found on the way and is no new call.
UPDATE source_file SET
    duplicates = duplicates + $duplicates, quarantined = quarantined + $quarantined, ignored = ignored + $ignored,
    duplicate_bytes = duplicate_bytes + $duplicate_bytes,
    quarantined_bytes = quarantined_bytes + $quarantined_bytes, ignored_bytes = ignored_bytes + $ignored_bytes,
    events = events + $events, event_bytes = event_bytes + $event_bytes
WHERE file_id = $file_id;

-- name: describe_file
-- What a file is known by, and who reads it how.
UPDATE source_file SET
    source = $source, path = $path, format = $format, timezone = $timezone, device = $device, inode = $inode,
    head_length = $head_length, head_sha256 = $head_sha256
WHERE file_id = $file_id;

-- name: files
-- The files that were read last, with their accounts.
SELECT file_id, source, path, format, read_offset, lines, stored, duplicates, quarantined, ignored, events, finished,
    last_read_at
FROM source_file ORDER BY last_read_at DESC, file_id DESC LIMIT $limit;

-- name: source_accounts
-- What reading the files of each source came to; imports by hand have no source.
SELECT source, count(*) AS files, CAST(sum(lines) AS BIGINT) AS lines, CAST(sum(stored) AS BIGINT) AS stored,
    CAST(sum(duplicates) AS BIGINT) AS duplicates, CAST(sum(quarantined) AS BIGINT) AS quarantined,
    CAST(sum(ignored) AS BIGINT) AS ignored, CAST(sum(events) AS BIGINT) AS events, max(last_read_at) AS last_read_at, max(last_call_at) AS last_call_at
FROM source_file GROUP BY source;

-- name: checkpoints
-- How far the files of sources were read; imports by hand have no source.
SELECT file_id, source, path, device, inode, head_length, head_sha256, tail_length, tail_sha256, read_offset, lines,
    finished, epoch(first_read_at) AS first_read_at, epoch(last_read_at) AS last_read_at
FROM source_file WHERE source <> '' ORDER BY file_id;

-- name: head_lengths
-- How many bytes the fingerprints of heads cover.
SELECT DISTINCT head_length FROM source_file WHERE head_length > 0 ORDER BY head_length;

-- name: files_by_head
-- Files that begin with what these fingerprints are of, with the zone they were read in, the latest first.
SELECT path, timezone, read_offset, tail_length, tail_sha256
FROM source_file WHERE list_contains(CAST($heads AS VARCHAR[]), head_sha256) AND stored > 0
ORDER BY last_read_at DESC, file_id DESC;
