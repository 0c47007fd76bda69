-- name: names
-- Names of some extensions.
SELECT number, name FROM extension WHERE list_contains($numbers, number);

-- name: rates
-- Names of some versions of rules.
SELECT version_id, name FROM rate_version WHERE list_contains($versions, version_id);
