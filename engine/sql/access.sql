-- name: account_rows
-- All accounts by name, without their secrets.
SELECT name, role, os_user, password_hash <> '' AS has_password, enabled, created_at FROM account ORDER BY name;

-- name: account
-- One account.
SELECT name, role, password_hash, os_user, enabled, generation, created_at FROM account WHERE name = $name;

-- name: account_of_os_user
-- The account an operating-system user signs in as, disabled or not.
SELECT name, role, password_hash, os_user, enabled, generation, created_at FROM account
WHERE os_user = $os_user ORDER BY name LIMIT 1;

-- name: other_admins
-- The admins besides one account.
SELECT name, role, password_hash, os_user, enabled, generation, created_at FROM account
WHERE role = 'admin' AND name <> $name;

-- name: account_count
-- How many accounts exist.
SELECT count(*) FROM account;

-- name: generations
-- 1 when an account may sign in and is as it was when a session began.
SELECT count(*) FROM account WHERE name = $name AND generation = $generation AND enabled;

-- name: add_account
-- Adds an account.
INSERT INTO account (name, role, password_hash, os_user, enabled, generation, created_at)
VALUES ($name, $role, $password_hash, $os_user, $enabled, $generation, $now);

-- name: change_account
-- Changes an account as a whole.
UPDATE account
SET role = $role, password_hash = $password_hash, os_user = $os_user, enabled = $enabled, generation = $generation
WHERE name = $name;

-- name: remove_account
-- Removes an account.
DELETE FROM account WHERE name = $name;

-- name: familiar
-- One row when an account has signed in from an operating-system user before.
SELECT 1 FROM familiar_user WHERE name = $name AND os_user = $os_user;

-- name: note_familiar
-- An account signed in from an operating-system user.
INSERT OR IGNORE INTO familiar_user (name, os_user) VALUES ($name, $os_user);

-- name: forget_familiar
-- Where a removed account signed in from.
DELETE FROM familiar_user WHERE name = $name;

-- name: guesses
-- Wrong passwords since a moment, oldest first.
SELECT made_at, name_key, familiar FROM guess WHERE made_at > $since ORDER BY made_at;

-- name: record_guess
-- Notes a wrong password.
INSERT INTO guess (made_at, name_key, familiar) VALUES ($now, $name_key, $familiar);

-- name: forget_guesses
-- Drops wrong passwords that count no more.
DELETE FROM guess WHERE made_at < $before;

-- name: forgive_guesses
-- Drops the wrong passwords of one account.
DELETE FROM guess WHERE name_key = $name_key;

-- name: record_audit
-- Notes what somebody did or tried. A role or system user left out is the account's; on a site without accounts
-- operators are system users, and admins.
INSERT INTO audit (audit_id, done_at, operator, role, os_user, action, outcome, detail)
SELECT (SELECT coalesce(max(audit_id), 0) + 1 FROM audit), $now, $operator,
    coalesce($role, account.role, CASE WHEN $operator <> '' AND NOT any_account THEN 'admin' ELSE '' END),
    coalesce($os_user, account.os_user, CASE WHEN any_account THEN '' ELSE $operator END),
    $action, $outcome, $detail
FROM (SELECT EXISTS (SELECT 1 FROM account) AS any_account) AS site
LEFT JOIN account ON account.name = $operator;

-- name: audit
-- What was done and tried last.
SELECT audit_id, done_at, operator, role, os_user, action, outcome, detail FROM audit
ORDER BY audit_id DESC LIMIT $limit;

-- name: preferences
-- What an operator chose.
SELECT name, value FROM preference WHERE operator = $operator ORDER BY name;

-- name: set_preference
-- Remembers one choice.
INSERT OR REPLACE INTO preference (operator, name, value) VALUES ($operator, $name, $value);

-- name: settings
-- What operators switch at run time.
SELECT name, value FROM setting;

-- name: set_setting
-- Switches one setting.
INSERT OR REPLACE INTO setting (name, value) VALUES ($name, $value);
