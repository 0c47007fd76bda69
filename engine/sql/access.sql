-- name: account_rows
-- All accounts by name, without their secrets.
SELECT name, role, os_user, password_hash <> '' AS has_password, created_at FROM account ORDER BY name;

-- name: account
-- One account.
SELECT name, role, password_hash, os_user, created_at FROM account WHERE name = $name;

-- name: account_of_os_user
-- The account an operating-system user signs in as.
SELECT name, role FROM account WHERE os_user = $os_user ORDER BY name LIMIT 1;

-- name: account_count
-- How many accounts exist.
SELECT count(*) FROM account;

-- name: admin_count
-- How many admins exist besides one account.
SELECT count(*) FROM account WHERE role = 'admin' AND name <> $name;

-- name: add_account
-- Adds an account.
INSERT INTO account (name, role, password_hash, os_user, created_at)
VALUES ($name, $role, $password_hash, $os_user, $now);

-- name: change_account
-- Changes an account as a whole.
UPDATE account SET role = $role, password_hash = $password_hash, os_user = $os_user WHERE name = $name;

-- name: remove_account
-- Removes an account.
DELETE FROM account WHERE name = $name;

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
