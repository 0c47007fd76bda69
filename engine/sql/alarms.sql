-- name: unrated
-- Calls that no rule covers, started lately.
SELECT count(*) FROM call WHERE started_at >= $since AND started_at < $until AND money_may_be_missing(unrated);
