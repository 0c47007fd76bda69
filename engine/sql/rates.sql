-- name: add_versions
-- Stores what rules say, from new_versions.
INSERT INTO rate_version (
    version_id, rate_id, name, prefix, number_length, initial_fee_micros, initial_seconds,
    price_micros, price_seconds, cycle_seconds, start_second, end_second, weekdays,
    valid_from, valid_to, extensions, created_at, created_by
)
SELECT
    version_id, rate_id, name, prefix, number_length, initial_fee_micros, initial_seconds,
    price_micros, price_seconds, cycle_seconds, start_second, end_second, weekdays,
    valid_from, valid_to, extensions, $now, $operator
FROM new_versions
ORDER BY version_id;

-- name: clear_list
-- Takes every rule out of the list; their versions stay.
DELETE FROM rate;

-- name: add_list
-- Puts rules into the list, from new_list.
INSERT INTO rate (rate_id, version_id, position, enabled)
SELECT rate_id, version_id, position, enabled FROM new_list ORDER BY position;
