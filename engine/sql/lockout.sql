-- name: all_taken
-- Which targets took which extension as barred.
SELECT target, extension FROM lockout WHERE taken ORDER BY target, extension;

-- name: forget_target
-- Drops what a target is known to have taken, before noting it anew.
DELETE FROM lockout WHERE target = $target;

-- name: note_taken
-- Notes the bound table `noted` (extension) as taken by a target.
INSERT INTO lockout (target, extension, taken, changed_at) SELECT $target, extension, true, $now FROM noted;
