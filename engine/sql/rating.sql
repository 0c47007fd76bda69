-- name: book
-- The rules that can win, ranked: longest prefix, exact length, position. Those behind an unconditional rule
-- with the same prefix and length are left out. The rules of rating_drafts stand beside the list.
WITH listed AS (
    SELECT
        rate.rate_id, rate.version_id, rate.position,
        version.prefix, version.number_length,
        version.initial_fee_micros, version.initial_seconds,
        version.price_micros, version.price_seconds, version.cycle_seconds,
        version.start_second, version.end_second, version.weekdays,
        version.valid_from, version.valid_to, version.extensions
    FROM rate
    JOIN rate_version AS version USING (version_id)
    WHERE rate.enabled AND /*where*/
    UNION ALL
    SELECT
        rate_id, version_id, position,
        prefix, number_length,
        initial_fee_micros, initial_seconds,
        price_micros, price_seconds, cycle_seconds,
        start_second, end_second, weekdays,
        valid_from, valid_to, extensions
    FROM rating_drafts
    WHERE enabled
),
sorted_out AS (
    SELECT
        *,
        start_second <> end_second
            OR weekdays <> 127
            OR valid_from IS NOT NULL
            OR valid_to IS NOT NULL
            OR extensions IS NOT NULL AS conditional
    FROM listed
),
reachable AS (
    SELECT *
    FROM sorted_out
    QUALIFY position <= coalesce(
        min(position) FILTER (NOT conditional) OVER (PARTITION BY prefix, number_length), position
    )
)
SELECT
    row_number() OVER (ORDER BY length(prefix) DESC, number_length = 0, position)::INTEGER AS rank,
    length(prefix)::INTEGER AS prefix_length,
    rate_id, version_id, position, prefix, number_length,
    initial_fee_micros, initial_seconds, price_micros, price_seconds, cycle_seconds,
    start_second, end_second, weekdays, valid_from, valid_to, extensions, conditional
FROM reachable
ORDER BY rank;

-- condition: reached
-- Rules whose prefix a number starts with, but for one.
starts_with($dialled, version.prefix) AND rate.rate_id <> $except_id

-- name: candidates
-- The same rules, the drafts among them, with what does not fit the moment of $answered_local; the winner first,
-- then in the order of the contest.
WITH reached AS (
    SELECT
        rate.rate_id, rate.version_id, rate.position, rate.enabled,
        version.name, version.prefix, version.number_length, version.initial_fee_micros,
        version.initial_seconds, version.price_micros, version.price_seconds, version.cycle_seconds,
        version.start_second, version.end_second, version.weekdays,
        version.valid_from, version.valid_to, version.extensions
    FROM rate
    JOIN rate_version AS version USING (version_id)
    WHERE /*where*/
    UNION ALL
    SELECT
        rate_id, version_id, position, enabled,
        name, prefix, number_length, initial_fee_micros,
        initial_seconds, price_micros, price_seconds, cycle_seconds,
        start_second, end_second, weekdays,
        valid_from, valid_to, extensions
    FROM rating_drafts
    WHERE starts_with($dialled, prefix)
)
SELECT
    rate_id, version_id, position, enabled,
    name, prefix, number_length, initial_fee_micros, initial_seconds,
    price_micros, price_seconds, cycle_seconds, start_second, end_second,
    weekdays, valid_from, valid_to, extensions,
    number_length IN (0, length($dialled)) AS length_fits,
    covers_extension(extensions, $extension) AS extension_fits,
    within_dates($answered_local::TIMESTAMP::DATE, valid_from, valid_to) AS dates_fit,
    within_window(
        second_of_day($answered_local::TIMESTAMP), isodow($answered_local::TIMESTAMP) - 1,
        start_second, end_second, weekdays
    ) AS window_fits
FROM reached
ORDER BY version_id IS DISTINCT FROM $winner, length(prefix) DESC, number_length = 0, position
LIMIT $limit;

-- name: billed
-- Those of some extensions whose calls cost money.
SELECT number
FROM extension
WHERE billing AND list_contains($numbers::VARCHAR[], number);

-- name: bulk_prices
-- What the rules of rating_rules, whose prefix lengths are rating_lengths, make of each of rating_calls, in any order;
-- the numbers dialled are those of rating_numbers. No version = no rule.
WITH numbers AS (
    SELECT number, dialled, length(dialled) AS number_length FROM rating_numbers
),
prefixes AS (
    SELECT numbers.number, numbers.number_length, left(numbers.dialled, lengths.prefix_length) AS prefix
    FROM numbers
    JOIN rating_lengths AS lengths ON lengths.prefix_length <= numbers.number_length
),
candidates AS MATERIALIZED (
    SELECT
        prefixes.number, rules.rank, rules.conditional,
        rules.start_second, rules.end_second, rules.weekdays,
        rules.valid_from, rules.valid_to, rules.extensions
    FROM prefixes
    JOIN rating_rules AS rules USING (prefix)
    WHERE rules.number_length = 0 OR rules.number_length = prefixes.number_length
),
unconditional AS MATERIALIZED (
    SELECT number, min(rank) AS rank
    FROM candidates
    WHERE NOT conditional
    GROUP BY number
),
contested AS (
    SELECT candidates.*
    FROM candidates
    LEFT JOIN unconditional USING (number)
    WHERE candidates.conditional AND (unconditional.rank IS NULL OR candidates.rank < unconditional.rank)
),
fitting AS (
    SELECT calls.row, min(contested.rank) AS rank
    FROM rating_calls AS calls
    JOIN contested USING (number)
    WHERE covers_extension(contested.extensions, calls.extension)
        AND within_dates(calls.answered_local::DATE, contested.valid_from, contested.valid_to)
        AND within_window(
            second_of_day(calls.answered_local), isodow(calls.answered_local) - 1,
            contested.start_second, contested.end_second, contested.weekdays
        )
    GROUP BY calls.row
),
winners AS (
    SELECT calls.row, calls.billsec, coalesce(fitting.rank, unconditional.rank) AS rank
    FROM rating_calls AS calls
    LEFT JOIN fitting USING (row)
    LEFT JOIN unconditional ON unconditional.number = calls.number
),
priced AS (
    SELECT
        winners.row, rules.version_id, rules.initial_fee_micros,
        billed_cycles(winners.billsec, rules.initial_seconds, rules.cycle_seconds) AS cycles,
        rules.cycle_seconds, rules.price_micros, rules.price_seconds
    FROM winners
    LEFT JOIN rating_rules AS rules USING (rank)
)
SELECT
    row,
    coalesce(
        initial_fee_micros + price_of_cycles(cycles, cycle_seconds, price_micros, price_seconds), 0
    )::BIGINT AS cost_micros,
    version_id AS rate_version,
    coalesce(cycles, 0)::BIGINT AS cycles,
    coalesce(initial_fee_micros, 0)::BIGINT AS first_block_micros
FROM priced;

-- name: rerate_span
-- First and last outbound call of a selection, and how many of them a rule could price.
SELECT coalesce(min(call_id), 0), coalesce(max(call_id), 0),
    count(*) FILTER (WHERE charged_seconds > 0 AND unrated IS DISTINCT FROM 'not answered')
FROM call
WHERE started_at >= $first AND started_at < $last AND direction = 'outbound'
    AND (NOT $only_unrated OR money_may_be_missing(unrated))
    AND ($extensions::VARCHAR[] IS NULL OR list_contains($extensions::VARCHAR[], extension));

-- name: rerate_calls
-- Those among the calls after one up to another, as rate_calls takes them, with what they cost now.
SELECT
    call_id AS row, extension, dialled, written, rated_number, direction, true AS answered,
    charged_seconds AS billsec, answered_local,
    cost_micros, unrated, rate_version
FROM call
WHERE call_id > $after AND call_id <= $upto
    AND started_at >= $first AND started_at < $last
    AND direction = 'outbound' AND charged_seconds > 0 AND unrated IS DISTINCT FROM 'not answered'
    AND (NOT $only_unrated OR money_may_be_missing(unrated))
    AND ($extensions::VARCHAR[] IS NULL OR list_contains($extensions::VARCHAR[], extension))
ORDER BY call_id;

-- name: changed_calls
-- Those of rerate_stored whose cost, reason, rule or number is another one in rerate_fresh and rerate_numbers.
SELECT
    stored.row AS call_id, stored.extension,
    stored.cost_micros AS old_cost_micros, fresh.cost_micros AS new_cost_micros,
    stored.unrated AS old_unrated, fresh.unrated AS new_unrated,
    fresh.rate_version, fresh.cycles, fresh.first_block_micros, numbers.rated_number
FROM rerate_stored AS stored
JOIN rerate_fresh AS fresh USING (row)
JOIN rerate_numbers AS numbers USING (row)
WHERE stored.cost_micros <> fresh.cost_micros
    OR stored.unrated IS DISTINCT FROM fresh.unrated
    OR stored.rate_version IS DISTINCT FROM fresh.rate_version
    OR stored.rated_number IS DISTINCT FROM numbers.rated_number
ORDER BY call_id;

-- name: rerate_numbers
-- The outbound calls among them that no rule could price, for the numbers they would be rated by; without entries that
-- rewrite only those that have another number than the one dialled.
SELECT call_id, dialled, written, rated_number, direction
FROM call
WHERE call_id > $after AND call_id <= $upto
    AND started_at >= $first AND started_at < $last
    AND direction = 'outbound' AND NOT (charged_seconds > 0 AND unrated IS DISTINCT FROM 'not answered')
    AND coalesce(unrated, '') NOT IN ('part of another', 'number unknown') AND NOT $only_unrated
    AND ($extensions::VARCHAR[] IS NULL OR list_contains($extensions::VARCHAR[], extension))
    AND ($rewriting OR rated_number IS NOT NULL)
ORDER BY call_id;

-- name: update_numbers
-- Gives the calls of renumbered_calls the numbers they would be rated by.
UPDATE call SET rated_number = changed.rated_number
FROM renumbered_calls AS changed
WHERE call.call_id = changed.call_id AND call.call_id BETWEEN $first_id AND $last_id;

-- name: update_calls
-- Gives the calls of rerated_calls their new cost and its parts.
UPDATE call SET
    cost_micros = changed.new_cost_micros,
    unrated = changed.new_unrated,
    rate_version = changed.rate_version,
    rated_number = changed.rated_number,
    cycles = changed.cycles,
    first_block_micros = changed.first_block_micros
FROM rerated_calls AS changed
WHERE call.call_id = changed.call_id AND call.call_id BETWEEN $first_id AND $last_id;
