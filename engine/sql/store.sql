-- name: create_migration_table
-- Remembers which migrations were applied.
CREATE TABLE IF NOT EXISTS migration (number INTEGER NOT NULL, applied_at TIMESTAMP NOT NULL);

-- name: schema_version
-- The newest migration applied, 0 for none.
SELECT coalesce(max(number), 0) FROM migration;

-- name: record_migration
-- Notes a migration in the transaction that applied it.
INSERT INTO migration (number, applied_at) VALUES ($number, $now);

-- name: catalog
-- The name under which the file is attached.
SELECT current_database();

-- name: call_count
-- How many calls are stored; answered from statistics.
SELECT count(*) FROM call;

-- name: own_tables
-- How many tables of these names the file holds.
SELECT count(*) FROM duckdb_tables() WHERE NOT internal AND list_contains($names, table_name);

-- name: newest_call
-- When the newest call began; NULL = there is none.
SELECT max(started_at) FROM call;

-- name: memory_used
-- Bytes of memory that the database holds.
SELECT coalesce(sum(memory_usage_bytes), 0)::BIGINT FROM duckdb_memory();
