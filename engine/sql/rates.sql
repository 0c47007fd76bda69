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


-- name: last_numbers
-- The highest version and rule ever given, and how many rules the list has.
SELECT
    (SELECT coalesce(max(version_id), 0) FROM rate_version),
    (SELECT coalesce(max(rate_id), 0) FROM rate_version),
    (SELECT count(*) FROM rate);

-- name: listed
-- Rules with what they say, in order.
SELECT
    rate.rate_id, rate.version_id, rate.position, rate.enabled,
    version.name, version.prefix, version.number_length, version.initial_fee_micros, version.initial_seconds,
    version.price_micros, version.price_seconds, version.cycle_seconds, version.start_second, version.end_second,
    version.weekdays, version.valid_from, version.valid_to, version.extensions
FROM rate
JOIN rate_version AS version USING (version_id)
WHERE /*where*/
ORDER BY rate.position
LIMIT $limit OFFSET $offset;

-- name: count_listed
-- How many rules match.
SELECT count(*)
FROM rate
JOIN rate_version AS version USING (version_id)
WHERE /*where*/;

-- condition: text
-- Part of a name, or the start of a prefix.
contains(lower(version.name), lower($text)) OR starts_with(version.prefix, $text)

-- condition: rate
-- One rule.
rate.rate_id = $rate_id

-- condition: version
-- One version that is in force.
rate.version_id = $version_id

-- name: version
-- What a version says, whether or not it is still in force.
SELECT
    rate_id,
    name, prefix, number_length, initial_fee_micros, initial_seconds,
    price_micros, price_seconds, cycle_seconds, start_second, end_second,
    weekdays, valid_from, valid_to, extensions
FROM rate_version
WHERE version_id = $version_id;

-- name: set_version
-- Puts another version of a rule into force.
UPDATE rate SET version_id = $version_id WHERE rate_id = $rate_id;

-- name: switch
-- Switches rules on or off; those that are so already are not counted.
UPDATE rate SET enabled = $enabled
WHERE list_contains($rate_ids::BIGINT[], rate_id) AND enabled <> $enabled;

-- name: unknown
-- Which of these numbers are not in the list.
SELECT asked.rate_id
FROM (SELECT unnest($rate_ids::BIGINT[]) AS rate_id) AS asked
ANTI JOIN rate USING (rate_id)
ORDER BY asked.rate_id;

-- name: remove
-- Takes rules out of the list; their versions stay for the calls they rated.
DELETE FROM rate WHERE list_contains($rate_ids::BIGINT[], rate_id);

-- name: close_holes
-- Numbers the list 1 to n again.
UPDATE rate SET position = numbered.position
FROM (SELECT rate_id, row_number() OVER (ORDER BY position) AS position FROM rate) AS numbered
WHERE rate.rate_id = numbered.rate_id AND rate.position <> numbered.position;

-- name: move
-- Puts a rule from one position to another; those between move up or down by one.
UPDATE rate SET position = CASE
    WHEN position = $source THEN $target
    WHEN $source < $target THEN position - 1
    ELSE position + 1
END
WHERE position BETWEEN least($source, $target) AND greatest($source, $target);

-- name: billed_extensions
-- Extensions whose calls cost money.
SELECT number FROM extension WHERE billing ORDER BY number;
