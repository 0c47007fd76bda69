-- name: page
-- Bad lines with their file, newest first.
SELECT
    q.quarantine_id, f.path, q.line_offset, q.line_number, q.field, q.message, q.raw, q.found_at, q.retried_at,
    count(*) OVER () AS total
FROM quarantine AS q
JOIN source_file AS f USING (file_id)
WHERE ($include_retried OR q.retried_at IS NULL)
  AND ($text = '' OR contains(lower(f.path), lower($text)) OR contains(lower(q.reason), lower($text))
       OR contains(lower(CAST(q.raw AS VARCHAR)), lower($text)))
ORDER BY q.quarantine_id DESC
LIMIT $limit OFFSET $offset;

-- name: open
-- Bad lines kept whole, with what reading them again needs: their own zone, their file's format as it is called now.
SELECT q.quarantine_id, q.file_id, q.line_offset, q.raw, q.timezone, f.path, f.format, f.head_length,
    f.head_sha256
FROM quarantine AS q
JOIN source_file AS f USING (file_id)
WHERE q.retried_at IS NULL AND octet_length(q.raw) = q.line_length
  AND ($every OR list_contains($ids, q.quarantine_id))
ORDER BY q.quarantine_id
LIMIT 100000;

-- name: mark_retried
-- These lines were stored after all.
UPDATE quarantine SET retried_at = $now WHERE list_contains($ids, quarantine_id);

-- name: move_to_stored
-- A file's accounts after some of its bad lines were stored or found to be duplicates.
UPDATE source_file SET
    quarantined = quarantined - $stored - $duplicates,
    stored = stored + $stored,
    duplicates = duplicates + $duplicates,
    quarantined_bytes = quarantined_bytes - $stored_bytes - $duplicate_bytes,
    stored_bytes = stored_bytes + $stored_bytes,
    duplicate_bytes = duplicate_bytes + $duplicate_bytes,
    last_call_at = greatest(last_call_at, $last_call_at)
WHERE file_id = $file_id;

-- name: move_to_events
-- A file's accounts after some of its bad lines turned out to be events or were found to be duplicates.
UPDATE source_file SET
    quarantined = quarantined - $stored - $duplicates,
    events = events + $stored,
    duplicates = duplicates + $duplicates,
    quarantined_bytes = quarantined_bytes - $stored_bytes - $duplicate_bytes,
    event_bytes = event_bytes + $stored_bytes,
    duplicate_bytes = duplicate_bytes + $duplicate_bytes,
    last_call_at = greatest(last_call_at, $last_call_at)
WHERE file_id = $file_id;

-- name: sources
-- The source of each file; imports by hand have none.
SELECT file_id, source FROM source_file;

-- name: open_count
-- How many bad lines wait.
SELECT count(*) FROM quarantine WHERE retried_at IS NULL;
