-- name: known
-- The zone that local times of calls were written in.
SELECT value FROM setting WHERE name = $setting;

-- name: span
-- The first and last instant of any call.
SELECT min(started_at), greatest(max(started_at), max(answered_at)) FROM call;

-- name: started
-- Local starts by the bound table `stretches` (first, until: UTC; seconds east of it).
UPDATE call SET started_local = started_at + to_seconds(stretches.seconds)
FROM stretches WHERE started_at >= stretches.first AND started_at < stretches.until;

-- name: answered
-- Local answers by the bound table `stretches`.
UPDATE call SET answered_local = answered_at + to_seconds(stretches.seconds)
FROM stretches WHERE answered_at >= stretches.first AND answered_at < stretches.until;
