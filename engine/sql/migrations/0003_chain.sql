-- Digests of what commits added, as engine/sql/chain.sql makes them and engine/sql/verify.sql makes them again.

CREATE MACRO entries_digest(extension, kind, posted_at, operator, note, operation_key, n, ids, amounts, balances, calls) AS
    md5_number(concat_ws('|', extension, kind, epoch_us(posted_at), length(operator), operator, length(note), note,
        length(coalesce(operation_key, '')), coalesce(operation_key, ''), n, ids, amounts, balances, calls));

CREATE MACRO calls_digest(n, ids, keys, starts, seconds, places) AS
    md5_number(concat_ws('|', n, ids, keys, starts, seconds, places));

CREATE MACRO operation_digest(operation_id, operation_key, content, result, done_at) AS
    md5_number(concat_ws('|', operation_id, length(operation_key), operation_key, content, result, epoch_us(done_at)));

CREATE MACRO audit_digest(audit_id, done_at, operator, role, os_user, action, outcome, detail) AS
    md5_number(concat_ws('|', audit_id, epoch_us(done_at), length(operator), operator, role, length(os_user), os_user,
        action, outcome, detail));
