-- Lists, counts, explanations and exports of calls. Pages are found by key first and fetched by call_id after:
-- sorting narrow rows is three to six times faster, and call_id follows the order of storing.
-- Columns in conditions are those of call alone.

-- name: page_time_up
-- The calls of a page by the start, least first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY started_at ASC, call_id ASC LIMIT $limit OFFSET $offset;

-- name: page_time_down
-- The calls of a page by the start, most first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY started_at DESC, call_id DESC LIMIT $limit OFFSET $offset;

-- name: page_extension_up
-- The calls of a page by the extension, least first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY extension ASC, call_id ASC LIMIT $limit OFFSET $offset;

-- name: page_extension_down
-- The calls of a page by the extension, most first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY extension DESC, call_id DESC LIMIT $limit OFFSET $offset;

-- name: page_dialled_up
-- The calls of a page by the number dialled, least first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY dialled ASC, call_id ASC LIMIT $limit OFFSET $offset;

-- name: page_dialled_down
-- The calls of a page by the number dialled, most first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY dialled DESC, call_id DESC LIMIT $limit OFFSET $offset;

-- name: page_trunk_up
-- The calls of a page by the trunk, least first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY trunk ASC, call_id ASC LIMIT $limit OFFSET $offset;

-- name: page_trunk_down
-- The calls of a page by the trunk, most first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY trunk DESC, call_id DESC LIMIT $limit OFFSET $offset;

-- name: page_billsec_up
-- The calls of a page by the talk time, least first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY billsec ASC, call_id ASC LIMIT $limit OFFSET $offset;

-- name: page_billsec_down
-- The calls of a page by the talk time, most first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY billsec DESC, call_id DESC LIMIT $limit OFFSET $offset;

-- name: page_cost_up
-- The calls of a page by the cost, least first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY cost_micros ASC, call_id ASC LIMIT $limit OFFSET $offset;

-- name: page_cost_down
-- The calls of a page by the cost, most first.
SELECT call_id FROM call WHERE /*where*/ ORDER BY cost_micros DESC, call_id DESC LIMIT $limit OFFSET $offset;

-- condition: beyond_time_up
-- Beyond a call in the order of page_time_up. A comparison of rows would be three times slower.
started_at >= $value AND (started_at > $value OR call_id > $call_id)

-- condition: beyond_time_down
-- Beyond a call in the order of page_time_down. A comparison of rows would be three times slower.
started_at <= $value AND (started_at < $value OR call_id < $call_id)

-- condition: beyond_extension_up
-- Beyond a call in the order of page_extension_up. A comparison of rows would be three times slower.
extension >= $value AND (extension > $value OR call_id > $call_id)

-- condition: beyond_extension_down
-- Beyond a call in the order of page_extension_down. A comparison of rows would be three times slower.
extension <= $value AND (extension < $value OR call_id < $call_id)

-- condition: beyond_dialled_up
-- Beyond a call in the order of page_dialled_up. A comparison of rows would be three times slower.
dialled >= $value AND (dialled > $value OR call_id > $call_id)

-- condition: beyond_dialled_down
-- Beyond a call in the order of page_dialled_down. A comparison of rows would be three times slower.
dialled <= $value AND (dialled < $value OR call_id < $call_id)

-- condition: beyond_trunk_up
-- Beyond a call in the order of page_trunk_up. A comparison of rows would be three times slower.
trunk >= $value AND (trunk > $value OR call_id > $call_id)

-- condition: beyond_trunk_down
-- Beyond a call in the order of page_trunk_down. A comparison of rows would be three times slower.
trunk <= $value AND (trunk < $value OR call_id < $call_id)

-- condition: beyond_billsec_up
-- Beyond a call in the order of page_billsec_up. A comparison of rows would be three times slower.
billsec >= $value AND (billsec > $value OR call_id > $call_id)

-- condition: beyond_billsec_down
-- Beyond a call in the order of page_billsec_down. A comparison of rows would be three times slower.
billsec <= $value AND (billsec < $value OR call_id < $call_id)

-- condition: beyond_cost_up
-- Beyond a call in the order of page_cost_up. A comparison of rows would be three times slower.
cost_micros >= $value AND (cost_micros > $value OR call_id > $call_id)

-- condition: beyond_cost_down
-- Beyond a call in the order of page_cost_down. A comparison of rows would be three times slower.
cost_micros <= $value AND (cost_micros < $value OR call_id < $call_id)

-- name: rows
-- Calls with the names that belong to them, in no order; all columns, so that a new one needs no word here.
SELECT call.* REPLACE (number_rated(call.rated_number, call.dialled) AS rated_number),
       coalesce(extension.name, '') AS name, coalesce(rate_version.name, '') AS rate,
       if(call.direction = 'outbound', coalesce(span.name, ''), '') AS destination,
       if(call.direction = 'outbound', coalesce(span.country, ''), '') AS country
FROM (SELECT * FROM call WHERE call_id IN (SELECT unnest($call_ids))) AS call
ASOF LEFT JOIN destination_span AS span ON number_rated(call.rated_number, call.dialled) >= span.low
LEFT JOIN extension ON extension.number = call.extension
LEFT JOIN rate_version ON rate_version.version_id = call.rate_version;

-- name: span
-- The first and last start of all calls, NULL without any; answered from statistics, not from rows.
SELECT min(started_at), max(started_at) FROM call;

-- name: matching_span
-- The first and last start of the calls that match, NULL without any.
SELECT min(started_at), max(started_at) FROM call WHERE /*where*/;

-- name: count
-- How many calls match, their talk time and cost.
SELECT count(*) AS calls, CAST(coalesce(sum(billsec), 0) AS BIGINT) AS billsec,
       coalesce(sum(cost_micros), 0) AS cost_micros
FROM call WHERE /*where*/;

-- name: summary
-- What became of the calls that match.
SELECT count(*) AS calls, count(*) FILTER (direction = 'outbound') AS outbound, count(answered_at) AS answered,
       count(*) FILTER (unrated IS NULL) AS charged, count(*) FILTER (money_may_be_missing(unrated)) AS unrated,
       CAST(coalesce(sum(billsec), 0) AS BIGINT) AS billsec, coalesce(sum(cost_micros), 0) AS cost_micros
FROM call WHERE /*where*/;

-- name: detail
-- What one call's explanation needs beside its row.
SELECT lower(lpad(to_hex(call.call_key), 16, '0')) AS call_key, call.answered_local, call.cycles, call.first_block_micros,
       call.rate_version, call.line_offset, call.line_length, lower(lpad(to_hex(call.leg), 16, '0')) AS leg,
       call.placed_by, call.passed_by, call.charged_seconds, call.facts & 512 <> 0 AS end_assumed,
       coalesce(source_file.path, '') AS path, coalesce(source_file.head_length, 0) AS head_length,
       coalesce(source_file.head_sha256, '') AS head_sha256
FROM call
LEFT JOIN source_file ON source_file.file_id = call.file_id
WHERE call.call_id = $call_id;

-- name: leg_records
-- The numbers of the calls that are records of the same leg as one of them, in the order of their starts.
SELECT call.call_id FROM call, (SELECT leg, started_at FROM call WHERE call_id = $call_id) AS one
WHERE call.leg = one.leg AND call.started_at BETWEEN one.started_at - INTERVAL 2 DAY AND one.started_at + INTERVAL 2 DAY
ORDER BY call.started_at, call.call_id LIMIT $limit;

-- name: rate_version
-- A rule as it was.
SELECT name, prefix, number_length, initial_fee_micros, initial_seconds, price_micros, price_seconds,
       cycle_seconds, start_second, end_second, weekdays, valid_from, valid_to, extensions
FROM rate_version WHERE version_id = $version_id;

-- name: entries
-- The ledger entries of a call, in the order of posting.
SELECT kind, posted_at, amount_micros, balance_after_micros, operator, note
FROM ledger_entry WHERE call_id = $call_id ORDER BY entry_id LIMIT $limit;

-- name: export
-- Calls with the columns of the export among theirs, oldest first; the times get the site's offset afterwards.
SELECT call.* EXCLUDE (started_local, answered_local, unrated, call_key, cost_micros, cycles, first_block_micros,
           rate_version, file_id, line_offset, line_length, rated_number, leg),
       number_rated(call.rated_number, call.dialled) AS rated_number,
       if(call.direction = 'outbound', coalesce(span.name, ''), '') AS destination,
       if(call.direction = 'outbound', coalesce(span.country, ''), '') AS country, lower(lpad(to_hex(call.leg), 16, '0')) AS leg,
       coalesce(extension.name, '') AS name,
       if(call.cost_micros < 0, '-', '') || (abs(call.cost_micros) // 1000000) || '.'
           || lpad((abs(call.cost_micros) // 10000 % 100)::VARCHAR, 2, '0')
           || rtrim(lpad((abs(call.cost_micros) % 10000)::VARCHAR, 4, '0'), '0') AS cost,
       coalesce(rate_version.name, '') AS rate, coalesce(call.unrated, '') AS unrated,
       lower(lpad(to_hex(call.call_key), 16, '0')) AS call_key, coalesce(source_file.path, '') AS source
FROM (SELECT * FROM call WHERE /*where*/) AS call
ASOF LEFT JOIN destination_span AS span ON number_rated(call.rated_number, call.dialled) >= span.low
LEFT JOIN extension ON extension.number = call.extension
LEFT JOIN rate_version ON rate_version.version_id = call.rate_version
LEFT JOIN source_file ON source_file.file_id = call.file_id
ORDER BY call.started_at, call.call_id;

-- condition: one_of
-- One of these calls.
call_id IN (SELECT unnest($values))

-- condition: since
-- Started then or later.
started_at >= $moment

-- condition: until
-- Started before.
started_at < $moment

-- condition: period
-- Started in a period.
started_at >= $start AND started_at < $end

-- condition: direction
-- Went one of these ways.
list_contains($values, direction)

-- condition: weekday
-- Started on one of these days of the week of the site's clocks, 1 = Monday.
list_contains($values, isodow(started_local))

-- condition: hour
-- Started in one of these hours of the site's clocks.
list_contains($values, hour(started_local))

-- condition: reason
-- Not charged for one of these reasons.
list_contains($values, unrated)

-- condition: answered
-- Somebody answered.
answered_at IS NOT NULL

-- condition: charged
-- A rule applied.
unrated IS NULL

-- condition: unrated
-- No rule applied: money that may be missing.
money_may_be_missing(unrated)

-- condition: extension_in
-- Made or taken by one of these extensions.
extension IN (SELECT unnest($values))

-- condition: extension_like
-- One of these numbers, beginnings, or spans of digit strings of the same length.
list_contains(CAST($values AS VARCHAR[]), extension)
    OR list_bool_or(list_transform(CAST($beginnings AS VARCHAR[]), lambda one: starts_with(extension, one)))
    OR list_bool_or(list_transform(range(len(CAST($lows AS VARCHAR[]))), lambda place:
        length(extension) = length(CAST($lows AS VARCHAR[])[place + 1]) AND extension BETWEEN CAST($lows AS VARCHAR[])[place + 1]
            AND CAST($highs AS VARCHAR[])[place + 1]
        AND regexp_full_match(extension, '[0-9]+')))

-- condition: text
-- Part of the extension's number or name, or of the number dialled. A list of one takes twice as long.
contains(lower(extension), lower($value)) OR contains(lower(dialled), lower($value))
    OR extension IN (SELECT number FROM extension WHERE contains(lower(name), lower($value)))

-- condition: text_any
-- One of these is part of the extension's number or name, or of the number dialled.
list_bool_or(list_transform($values, lambda one: contains(lower(extension), lower(one))
    OR contains(lower(dialled), lower(one))))
    OR extension IN (SELECT number FROM extension
                     WHERE list_bool_or(list_transform($values, lambda one: contains(lower(name), lower(one)))))

-- condition: name_part
-- The extension's name holds one of these.
extension IN (SELECT number FROM extension
              WHERE list_bool_or(list_transform($values, lambda one: contains(lower(name), lower(one)))))

-- condition: name_whole
-- The extension's name is one of these.
extension IN (SELECT number FROM extension
              WHERE list_bool_or(list_transform($values, lambda one: lower(name) = lower(one))))

-- condition: rate_part
-- The rule's name holds one of these.
rate_version IN (SELECT version_id FROM rate_version
                 WHERE list_bool_or(list_transform($values, lambda one: contains(lower(name), lower(one)))))

-- condition: rate_whole
-- The rule's name is one of these; '' = no rule rated the call.
rate_version IN (SELECT version_id FROM rate_version
                 WHERE list_bool_or(list_transform($values, lambda one: lower(name) = lower(one))))
    OR (rate_version IS NULL AND list_contains($values, ''))

-- condition: destination_part
-- The destination's name holds one of these.
direction = 'outbound' AND number_rated(rated_number, dialled) IN (
    SELECT number FROM number_destination
    WHERE list_bool_or(list_transform($values, lambda one: contains(lower(name), lower(one)))))

-- condition: destination_whole
-- The destination's name is one of these; '' = it has none.
(direction = 'outbound' AND number_rated(rated_number, dialled) IN (
    SELECT number FROM number_destination
    WHERE list_bool_or(list_transform($values, lambda one: lower(name) = lower(one)))))
    OR (list_contains($values, '') AND (direction <> 'outbound'
        OR number_rated(rated_number, dialled) NOT IN (SELECT number FROM number_destination)))

-- condition: country
-- The destination lies in one of these countries; '' = in none that is known.
(direction = 'outbound' AND number_rated(rated_number, dialled) IN (
    SELECT number FROM number_destination
    WHERE list_bool_or(list_transform($values, lambda one: country = upper(one))) AND country <> ''))
    OR (list_contains($values, '') AND (direction <> 'outbound'
        OR number_rated(rated_number, dialled) NOT IN (SELECT number FROM number_destination WHERE country <> '')))

-- condition: prefix_part
-- The prefix of the statistics begins with one of these.
rate_version IN (SELECT version_id FROM rate_version
                 WHERE prefix <> '' AND list_bool_or(list_transform($values, lambda one: starts_with(prefix, one))))
    OR ((rate_version IS NULL OR rate_version IN (SELECT version_id FROM rate_version WHERE prefix = ''))
        AND (number_rated(rated_number, dialled) IN (SELECT number FROM dialled_prefix
                         WHERE list_bool_or(list_transform($values, lambda one: starts_with(prefix, one))))
             OR (list_bool_or(list_transform($values, lambda one: starts_with(left(number_rated(rated_number, dialled), 3), one)))
                 AND number_rated(rated_number, dialled) NOT IN (SELECT number FROM dialled_prefix))))

-- condition: prefix_whole
-- The prefix of the statistics is one of these.
rate_version IN (SELECT version_id FROM rate_version WHERE prefix <> '' AND list_contains($values, prefix))
    OR ((rate_version IS NULL OR rate_version IN (SELECT version_id FROM rate_version WHERE prefix = ''))
        AND (number_rated(rated_number, dialled) IN (SELECT number FROM dialled_prefix WHERE list_contains($values, prefix))
             OR (list_contains($values, left(number_rated(rated_number, dialled), 3))
                 AND number_rated(rated_number, dialled) NOT IN (SELECT number FROM dialled_prefix))))

-- condition: dialled_begins
-- The number dialled begins so.
starts_with(dialled, $value)

-- condition: dialled_part
-- The number dialled begins with one of these.
list_bool_or(list_transform($values, lambda one: starts_with(dialled, one)))

-- condition: dialled_whole
-- One of these numbers was dialled.
list_contains($values, dialled)

-- condition: caller_part
-- The calling number holds one of these.
list_bool_or(list_transform($values, lambda one: contains(lower(caller), lower(one))))

-- condition: caller_whole
-- The calling number is one of these.
list_bool_or(list_transform($values, lambda one: lower(caller) = lower(one)))

-- condition: account_part
-- The account code holds one of these.
list_bool_or(list_transform($values, lambda one: contains(lower(account_code), lower(one))))

-- condition: account_whole
-- The account code is one of these.
list_bool_or(list_transform($values, lambda one: lower(account_code) = lower(one)))

-- condition: link_part
-- What joins the records of the call holds one of these.
list_bool_or(list_transform($values, lambda one: contains(lower(link_id), lower(one))))

-- condition: link_whole
-- What joins the records of the call is one of these.
list_bool_or(list_transform($values, lambda one: lower(link_id) = lower(one)))

-- condition: trunk_holds
-- Part of the trunk's name.
contains(lower(trunk), lower($value))

-- condition: trunk_part
-- The trunk's name holds one of these.
list_bool_or(list_transform($values, lambda one: contains(lower(trunk), lower(one))))

-- condition: trunk_whole
-- The trunk is one of these.
list_bool_or(list_transform($values, lambda one: lower(trunk) = lower(one)))

-- condition: disposition_part
-- What the PBX wrote holds one of these.
list_bool_or(list_transform($values, lambda one: contains(lower(disposition), lower(one))))

-- condition: disposition_whole
-- What the PBX wrote is one of these.
list_bool_or(list_transform($values, lambda one: lower(disposition) = lower(one)))

-- condition: cost_below
-- A bound of cost.
cost_micros < $value

-- condition: cost_at_most
-- A bound of cost.
cost_micros <= $value

-- condition: cost_above
-- A bound of cost.
cost_micros > $value

-- condition: cost_at_least
-- A bound of cost.
cost_micros >= $value

-- condition: cost_within
-- Cost in one of these ranges, both ends included.
list_bool_or(list_transform(range(len($lows)), lambda place: cost_micros BETWEEN $lows[place + 1] AND $highs[place + 1]))

-- condition: billsec_below
-- A bound of billsec.
billsec < $value

-- condition: billsec_at_most
-- A bound of billsec.
billsec <= $value

-- condition: billsec_above
-- A bound of billsec.
billsec > $value

-- condition: billsec_at_least
-- A bound of billsec.
billsec >= $value

-- condition: billsec_within
-- Billsec in one of these ranges, both ends included.
list_bool_or(list_transform(range(len($lows)), lambda place: billsec BETWEEN $lows[place + 1] AND $highs[place + 1]))

-- condition: duration_below
-- A bound of duration.
duration < $value

-- condition: duration_at_most
-- A bound of duration.
duration <= $value

-- condition: duration_above
-- A bound of duration.
duration > $value

-- condition: duration_at_least
-- A bound of duration.
duration >= $value

-- condition: duration_within
-- Duration in one of these ranges, both ends included.
list_bool_or(list_transform(range(len($lows)), lambda place: duration BETWEEN $lows[place + 1] AND $highs[place + 1]))

-- condition: state
-- In one of these states.
(list_contains($values, 'answered') AND answered_at IS NOT NULL)
    OR (list_contains($values, 'unanswered') AND answered_at IS NULL)
    OR (list_contains($values, 'charged') AND unrated IS NULL)
    OR (list_contains($values, 'uncharged') AND unrated IS NOT NULL)
    OR (list_contains($values, 'unrated') AND money_may_be_missing(unrated))
