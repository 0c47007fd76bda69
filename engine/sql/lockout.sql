-- name: all_taken
-- Which targets took which extension as barred.
SELECT target, extension FROM lockout WHERE taken ORDER BY target, extension;

-- name: forget_target
-- Drops what a target is known to have taken, before noting it anew.
DELETE FROM lockout WHERE target = $target;

-- name: note_taken
-- Notes the bound table `noted` (extension, reason) as taken by a target.
INSERT INTO lockout (target, extension, reason, taken, changed_at)
SELECT $target, extension, reason, true, $now FROM noted;

-- name: taken_by
-- What a target was last known to hold, with the reasons.
SELECT extension, reason FROM lockout WHERE target = $target AND taken;

-- name: all_extensions
-- The numbers of all extensions.
SELECT number FROM extension;

-- name: preview
-- Who would be barred and freed if the bound table `changes` (number, billing, credit_limit_micros, locked; NULL =
-- as it is), the site's billing switch and a recharge of each applied.
WITH concerned AS (
    SELECT
        number,
        coalesce(extension.locked, false) AS locked_before,
        coalesce(
            over_limit($site_billing, extension.billing, balance_micros + extension.credit_limit_micros), false
        ) AS over_before,
        coalesce(changes.locked, extension.locked, false) AS locked,
        coalesce(changes.billing, extension.billing, false) AS billing,
        coalesce(balance_micros, 0) + $recharge_micros
            + coalesce(changes.credit_limit_micros, extension.credit_limit_micros, 0) AS available_micros
    FROM extension
    FULL JOIN changes USING (number)
    WHERE changes.number IS NOT NULL OR ($site_billing <> $site_billing_after AND extension.billing)
),
judged AS (
    SELECT
        number, locked, over_before, locked_before OR over_before AS barred_before,
        over_limit($site_billing_after, billing, available_micros) AS over_after,
        locked OR over_after AS barred_after
    FROM concerned
)
SELECT
    count(*),
    count(*) FILTER (WHERE barred_after AND NOT barred_before),
    count(*) FILTER (WHERE barred_after AND NOT barred_before AND NOT locked),
    count(*) FILTER (WHERE barred_before AND NOT barred_after),
    count(*) FILTER (WHERE over_before),
    count(*) FILTER (WHERE over_after),
    coalesce(
        list(number ORDER BY length(number), number) FILTER (WHERE barred_after AND NOT barred_before), []
    )[1:$most]
FROM judged;
