-- Calls out of channel events. The bound table `events` holds whole calls (`call_no`): columns of table `event`, `kind` (the
-- place of its type in EVENT_KINDS: 0 CHAN_START, 1 ANSWER, 2 BRIDGE_ENTER, 3 BRIDGE_EXIT, 4 HANGUP, 5 CHAN_END,
-- 6 LINKEDID_END).

-- name: calls
-- A row for each channel: what record it makes (leg, inbound, caller; part = of a leg; none), and all that is stored of it.
WITH RECURSIVE placed AS MATERIALIZED (
    SELECT *, epoch_us(happened_at) * 8 + kind AS place,
        CASE WHEN kind IN (2, 3) THEN regexp_extract(extra, '"bridge_id"\s*:\s*"([^"]*)"', 1) ELSE '' END AS bridge
    FROM events
), channels AS MATERIALIZED (
    SELECT call_no, member, any_value(unique_id) AS unique_id, any_value(scope) AS scope, arg_min(channel, place) AS name,
        max(trunk) AS trunk, max(device) AS device,
        coalesce(min(happened_at) FILTER (kind = 0), min(happened_at)) AS started_at,
        coalesce(min(happened_at) FILTER (kind = 1), min(happened_at) FILTER (kind IN (2, 3))) AS answered_at,
        coalesce(min(happened_at) FILTER (kind = 4), min(happened_at) FILTER (kind = 5)) AS own_end,
        max(place) FILTER (kind < 6) AS last_place, max(happened_at) FILTER (kind < 6) AS last_at,
        bool_or(app IN ('AppDial', 'AppDial2', 'AppQueue') OR (kind = 0 AND link_id <> unique_id)) AS dialled,
        bool_or(app = 'AppDial2') AS originated,
        arg_min(link_id, place) AS first_link, arg_max(link_id, place) AS last_link,
        coalesce(arg_min(caller, place) FILTER (caller <> ''), '') AS caller,
        coalesce(arg_min(CASE WHEN facts & 1 <> 0 THEN caller ELSE '' END, place) FILTER (caller <> ''), '') AS own_number,
        coalesce(arg_min(CASE WHEN facts & 1 <> 0 THEN caller ELSE '' END, place) FILTER (kind = 1), '') AS answer_number,
        coalesce(arg_min(CASE WHEN facts & 4 <> 0 THEN exten ELSE '' END, place) FILTER (kind <> 0 AND exten <> ''), '')
            AS number,
        coalesce(arg_min(exten, place) FILTER (facts & 6 <> 0), arg_min(exten, place) FILTER (exten <> ''), '') AS exten,
        coalesce(arg_min(facts & 2, place) FILTER (facts & 6 <> 0), 0) <> 0 AS exten_internal,
        max(account_code) AS account_code,
        max(CASE WHEN kind = 4 THEN regexp_extract(extra, '"hangupcause"\s*:\s*(\d+)', 1) ELSE '' END) AS cause,
        arg_min({'file_id': file_id, 'line_offset': line_offset, 'line_length': line_length}, place) AS line
    FROM placed
    GROUP BY call_no, member
    HAVING bool_or(kind < 6)
), calls AS (
    SELECT placed.call_no, max(happened_at) AS last_at, min(link_id) AS link_id,
        arg_min(exten, place) FILTER (kind = 0 AND facts & 2 <> 0) AS first_internal
    FROM placed GROUP BY call_no
), beginnings AS (
    SELECT call_no, min({'happened_at': started_at, 'member': member, 'came_in': trunk <> '' AND NOT dialled}).came_in AS came_in
    FROM channels GROUP BY call_no
), roots AS (
    SELECT call_no, first_link, min({'happened_at': started_at, 'member': member}).member AS member
    FROM channels GROUP BY call_no, first_link
), members AS MATERIALIZED (
    -- Who was in a bridge. Where its number is not told, two channels that name each other were in one.
    SELECT call_no, bridge, member, min(happened_at) AS happened_at FROM placed WHERE bridge <> '' GROUP BY ALL
    UNION ALL
    SELECT call_no, bridge, unnest([member, other]) AS member, happened_at FROM (
        SELECT told.call_no, concat_ws('|', least(channel, name), greatest(channel, name)) AS bridge, told.member,
            others.member AS other, min(told.happened_at) AS happened_at
        FROM (
            SELECT call_no, member, channel, happened_at, unnest(string_split(peer, ',')) AS peer
            FROM placed WHERE kind IN (2, 3) AND bridge = '' AND peer <> ''
        ) AS told
        JOIN channels AS others ON others.call_no = told.call_no AND others.name = told.peer
        GROUP BY ALL
    )
), first_bridges AS (
    SELECT call_no, member, min({'happened_at': happened_at, 'bridge': bridge}).bridge AS bridge FROM members
    GROUP BY call_no, member
), hosts AS (
    SELECT call_no, bridge, min({'happened_at': happened_at, 'member': member}, 2) AS earliest FROM members GROUP BY call_no, bridge
), met AS (
    -- The other channel in the first bridge that a channel enters.
    SELECT first_bridges.member,
        CASE WHEN earliest[1].member <> first_bridges.member THEN earliest[1].member ELSE earliest[2].member END AS other
    FROM first_bridges
    JOIN hosts ON hosts.call_no = first_bridges.call_no AND hosts.bridge = first_bridges.bridge
), legs AS MATERIALIZED (
    SELECT channels.call_no, channels.member, channels.name, channels.started_at, channels.originated,
        channels.answer_number,
        CASE WHEN NOT channels.originated
            THEN coalesce(met.other, nullif(roots.member, channels.member)) END AS dialler
    FROM channels
    LEFT JOIN met ON met.member = channels.member
    LEFT JOIN roots ON roots.call_no = channels.call_no AND roots.first_link = channels.first_link
    WHERE channels.trunk <> '' AND channels.dialled
), behind AS (
    -- The second half of a Local channel stands for whoever dialled the first.
    SELECT second.member,
        coalesce(met.other, CASE WHEN roots.member NOT IN (first.member, second.member) THEN roots.member END)
            AS dialler
    FROM channels AS second
    JOIN channels AS first ON first.call_no = second.call_no AND first.name = left(second.name, -1) || '1'
    LEFT JOIN met ON met.member = first.member
    LEFT JOIN roots ON roots.call_no = first.call_no AND roots.first_link = first.first_link
    WHERE second.name LIKE 'Local/%;2'
), further AS (
    -- An outbound leg that dials stands for whoever dialled it.
    SELECT member, dialler FROM behind WHERE dialler IS NOT NULL
    UNION ALL
    SELECT member, dialler FROM legs WHERE dialler IS NOT NULL
), walk AS (
    SELECT member, dialler, 0 AS steps FROM legs WHERE dialler IS NOT NULL
    UNION ALL
    SELECT walk.member, further.dialler, steps + 1
    FROM walk JOIN further ON further.member = walk.dialler
    WHERE steps < 20
), people AS MATERIALIZED (
    -- The channel behind each leg that stands for itself.
    SELECT member, arg_max(dialler, steps) AS person FROM walk GROUP BY member
), before AS MATERIALIZED (
    -- The bridges that whoever dialled had been in.
    SELECT people.member, legs.started_at, own.call_no, own.bridge, own.happened_at, own.member AS person
    FROM people
    JOIN legs ON legs.member = people.member
    JOIN members AS own ON own.member = people.person
    WHERE own.happened_at < legs.started_at
), devices AS MATERIALIZED (
    SELECT members.call_no, members.bridge, members.member, members.happened_at, channels.device
    FROM members JOIN channels ON channels.member = members.member
    WHERE channels.device <> ''
), passed AS (
    SELECT before.member,
        max({'happened_at': greatest(before.happened_at, devices.happened_at), 'device': device}).device AS device
    FROM before
    JOIN devices ON devices.call_no = before.call_no AND devices.bridge = before.bridge
    WHERE devices.member <> before.person AND devices.happened_at < before.started_at
    GROUP BY before.member
), dialling AS (
    -- What Dial was given by whoever dialled, as its first event after the leg began tells.
    SELECT legs.member, arg_min(placed.app_data, placed.place) AS app_data
    FROM legs
    JOIN channels ON channels.member = legs.member
    JOIN placed ON placed.member = legs.dialler
    WHERE channels.number = '' AND placed.app ILIKE 'Dial' AND placed.app_data <> '' AND placed.happened_at >= legs.started_at
    GROUP BY ALL
), link_ends AS (
    SELECT call_no, link_id, max(happened_at) AS happened_at FROM placed WHERE kind = 6 GROUP BY ALL
), restarts AS (
    SELECT channels.member, min(pbx_restart.happened_at) AS happened_at
    FROM channels JOIN pbx_restart ON pbx_restart.scope = channels.scope AND pbx_restart.happened_at > channels.last_at
    WHERE channels.own_end IS NULL
    GROUP BY ALL
), ended AS (
    SELECT channels.member, coalesce(
        channels.own_end,
        CASE WHEN link_ends.happened_at < channels.last_at THEN NULL WHEN channels.last_place % 8 = 3 AND link_ends.happened_at IS NOT NULL
            THEN channels.last_at ELSE link_ends.happened_at END,
        restarts.happened_at,
        CASE WHEN calls.last_at < $over_before THEN calls.last_at END
    ) AS happened_at
    FROM channels
    JOIN calls ON calls.call_no = channels.call_no
    LEFT JOIN link_ends ON link_ends.call_no = channels.call_no AND link_ends.link_id = channels.last_link
    LEFT JOIN restarts ON restarts.member = channels.member
), told AS (
    SELECT channels.*, calls.link_id, calls.last_at AS call_last_at, calls.first_internal, ended.happened_at AS ended_at, people.person,
        legs.member IS NOT NULL AS is_leg, coalesce(passed.device, '') AS passed_by, beginnings.came_in,
        other.name AS other_name, coalesce(other.device, '') AS other_device, dialling.app_data AS dial_data,
        person.name AS person_name, dialler.name AS dialler_name, person.caller AS person_caller,
        dialler.caller AS dialler_caller,
        coalesce(
            CASE WHEN channels.originated THEN nullif(channels.answer_number, '') END,
            nullif(person.device, ''),
            CASE WHEN person.originated THEN nullif(person.answer_number, '') END,
            CASE WHEN NOT beginnings.came_in AND dialler.name LIKE 'Local/%' THEN nullif(dialler.answer_number, '') END,
            CASE WHEN NOT beginnings.came_in AND person.trunk = '' THEN nullif(person.own_number, '') END,
            ''
        ) AS placed_by,
        used.leg IS NOT NULL AS dialled_out, used.leg AS used_by
    FROM channels
    JOIN calls ON calls.call_no = channels.call_no
    JOIN beginnings ON beginnings.call_no = channels.call_no
    JOIN ended ON ended.member = channels.member
    LEFT JOIN legs ON legs.member = channels.member
    LEFT JOIN people ON people.member = channels.member
    LEFT JOIN channels AS person ON person.member = people.person
    LEFT JOIN channels AS dialler ON dialler.member = legs.dialler
    LEFT JOIN passed ON passed.member = channels.member
    LEFT JOIN dialling ON dialling.member = channels.member
    LEFT JOIN met ON met.member = channels.member
    LEFT JOIN channels AS other ON other.member = met.other
    LEFT JOIN (
        SELECT person, min(unique_id) AS leg FROM people JOIN channels ON channels.member = people.member GROUP BY person
    ) AS used ON used.person = channels.member
)
SELECT unique_id, event_call_key(unique_id) AS call_key, scope, last_at, link_id, name AS channel, trunk,
    CASE WHEN is_leg THEN coalesce(nullif(dialler_caller, ''), person_caller, answer_number) ELSE caller END AS caller, number,
    exten, exten_internal, account_code, dial_data, line.file_id, line.line_offset, line.line_length,
    date_trunc('second', started_at) AS started_at, date_trunc('second', answered_at) AS answered_at,
    CASE WHEN ended_at IS NOT NULL THEN date_trunc('second', greatest(ended_at, started_at, answered_at)) END AS ended_at,
    own_end IS NULL AS end_assumed, call_last_at,
    greatest(epoch_us(ended_at) - epoch_us(started_at), 0) // 1000000 AS duration,
    CASE WHEN answered_at IS NULL THEN 0 ELSE greatest(epoch_us(ended_at) - epoch_us(answered_at), 0) // 1000000 END AS seconds,
    placed_by, passed_by, other_device, coalesce(other_name, '') AS other_name,
    coalesce(dialler_name, person_name, '') AS dialler_name,
    CASE
        WHEN is_leg THEN coalesce(
            CASE WHEN $payer = 'forwarder' THEN nullif(passed_by, '') END, nullif(placed_by, ''), nullif(passed_by, ''),
            first_internal, $unclaimed)
        WHEN trunk <> '' THEN coalesce(nullif(other_device, ''), CASE WHEN exten_internal THEN exten END, '')
        ELSE coalesce(nullif(device, ''), CASE WHEN originated THEN nullif(answer_number, '') END, own_number)
    END AS extension,
    CASE
        WHEN is_leg THEN 'leg'
        WHEN trunk <> '' THEN 'inbound'
        WHEN dialled AND NOT originated OR name LIKE 'Local/%;2' OR (name LIKE 'Local/%' AND NOT originated)
            OR regexp_matches(name, '^(CBAnn|CBRec|Announcer|Recorder|Surrogate|AsyncGoto|Message|Snoop)/') THEN 'none'
        WHEN dialled_out THEN 'part'
        ELSE 'caller'
    END AS record,
    event_call_key(used_by) AS used_by,
    CASE
        WHEN answered_at IS NOT NULL THEN 'ANSWERED'
        WHEN cause = '17' THEN 'BUSY'
        WHEN cause IN ('', '0', '16', '18', '19', '26') THEN 'NO ANSWER'
        ELSE 'FAILED'
    END AS disposition
FROM told;

-- name: fresh
-- Rows of the bound table `parsed` that no stored event equals, each text once, in any order. What else they hold tells
-- nothing more apart.
WITH stored AS (
    SELECT happened_at, unique_id, type, channel, extra FROM event WHERE happened_at BETWEEN $first AND $last
), once AS (
    SELECT min(row) AS row, happened_at, unique_id, type, channel, extra FROM parsed GROUP BY ALL
)
SELECT row FROM once ANTI JOIN stored USING (happened_at, unique_id, type, channel, extra);

-- name: append
-- Appends the bound table `new_events`, whose columns are those of table `event`.
INSERT INTO event BY NAME SELECT * FROM new_events;

-- name: names
-- The distinct pairs of channel and link of stored events that share one of them with the bound table `wanted`, from a
-- moment on; pairs of the bound table `known` are left out.
SELECT DISTINCT unique_id, link_id FROM event ANTI JOIN known USING (unique_id, link_id)
WHERE happened_at >= $first AND (unique_id IN (SELECT name FROM wanted) OR link_id IN (SELECT name FROM wanted));

-- name: events
-- Stored events of the channels in the bound table `members` (unique_id, member, call_no), from a moment on.
SELECT call_no, member, happened_at, CAST(list_position($kinds, type) - 1 AS INTEGER) AS kind, caller, exten, channel, app,
    app_data, account_code, event.unique_id, link_id, peer, extra, trunk, device, facts, file_id, line_offset, line_length,
    scope
FROM event JOIN members ON members.unique_id = event.unique_id
WHERE happened_at >= $first AND type IN (SELECT unnest($kinds));

-- name: any_end
-- Whether any of those events ends a channel or a link.
SELECT count(*) > 0 FROM event SEMI JOIN members ON members.unique_id = event.unique_id
WHERE happened_at >= $first AND type IN ('HANGUP', 'CHAN_END', 'LINKEDID_END');

-- name: stored
-- The stored calls of the bound table `derived`, by their keys, as settling takes them.
SELECT call_id, call.call_key, call.started_at, call.started_local, call.answered_at, call.answered_local, call.ended_at,
    call.extension, call.direction, call.dialled, call.trunk, call.disposition, call.duration, call.billsec,
    call.cost_micros, call.caller, call.called_party, call.account_code, call.link_id, call.near_channel,
    call.far_channel, call.facts, call.written, call.rated_number, call.channel, call.placed_by, call.passed_by, call.leg,
    call.charged_seconds, call.unrated
FROM call SEMI JOIN derived ON derived.call_key = call.call_key
WHERE call.facts & 256 <> 0 AND call.started_at BETWEEN $first AND $last;

-- name: update_calls
-- What events tell now of the stored calls of the bound table `changed`, their legs and money apart.
UPDATE call SET
    started_at = changed.started_at, started_local = changed.started_local, answered_at = changed.answered_at,
    answered_local = changed.answered_local, ended_at = changed.ended_at, dialled = changed.dialled,
    trunk = changed.trunk, disposition = changed.disposition, duration = changed.duration, billsec = changed.billsec,
    caller = changed.caller, called_party = changed.called_party, account_code = changed.account_code,
    link_id = changed.link_id, written = changed.written, near_channel = changed.near_channel, far_channel = changed.far_channel,
    facts = changed.facts
FROM changed
WHERE call.call_id = changed.call_id AND call.call_id BETWEEN $first AND $last;

-- name: restarts
-- Moments at which the PBXs of the bound table `starts` (scope, happened_at, unique_id) began to number their channels anew: they
-- had been started again. The last start that is known of each of them is looked at as well.
WITH numbered AS (
    SELECT scope, happened_at, channel_epoch(unique_id) AS epoch, channel_number(unique_id) AS number FROM starts
    UNION ALL
    SELECT scope, happened_at, epoch, number FROM pbx_start SEMI JOIN starts USING (scope)
), steps AS (
    SELECT scope, happened_at, epoch, number, lag(epoch) OVER channels AS epoch_before, lag(number) OVER channels AS number_before
    FROM numbered WHERE epoch IS NOT NULL
    WINDOW channels AS (PARTITION BY scope ORDER BY epoch, number)
)
SELECT scope, happened_at FROM steps WHERE number <= number_before AND epoch > epoch_before + 1;

-- name: keep_restarts
-- Keeps them.
INSERT OR IGNORE INTO pbx_restart SELECT DISTINCT scope, happened_at FROM restarts;

-- name: keep_starts
-- Keeps the last start of each PBX in the bound table `starts`.
INSERT OR REPLACE INTO pbx_start
WITH numbered AS (
    SELECT scope, happened_at, channel_epoch(unique_id) AS epoch, channel_number(unique_id) AS number FROM starts
    UNION ALL
    SELECT scope, happened_at, epoch, number FROM pbx_start SEMI JOIN starts USING (scope)
), last AS (
    SELECT scope, max({'epoch': epoch, 'number': number, 'happened_at': happened_at}) AS start
    FROM numbered WHERE epoch IS NOT NULL GROUP BY scope
)
SELECT scope, start.happened_at, start.epoch, start.number FROM last;

-- name: overdue
-- Channels without an end that have to be looked at again: a restart came after their last event, or nothing has been
-- heard of their call for too long.
SELECT DISTINCT open_channel.unique_id FROM open_channel
LEFT JOIN restarts ON restarts.scope = open_channel.scope AND restarts.happened_at > open_channel.last_at
    AND (open_channel.ended_at IS NULL OR restarts.happened_at < open_channel.ended_at)
WHERE restarts.happened_at IS NOT NULL OR (open_channel.ended_at IS NULL AND open_channel.call_last_at < $over_before);

-- name: close_channels
-- Forgets the channels of the bound table `derived`.
DELETE FROM open_channel WHERE unique_id IN (SELECT unique_id FROM derived);

-- name: open_channels
-- Keeps those of them whose end is not told.
INSERT INTO open_channel
SELECT unique_id, scope, last_at, call_last_at, ended_at FROM derived WHERE end_assumed;

-- name: newly_open
-- The channels of the bound table `new_events`, none of which has ended, as table `open_channel` has them.
SELECT unique_id, any_value(scope) AS scope, max(happened_at) AS last_at, max(happened_at) AS call_last_at,
    CAST(NULL AS TIMESTAMP) AS ended_at, true AS end_assumed
FROM new_events GROUP BY unique_id;

-- name: lost_ends
-- Channels whose end was never told: assumed, or nothing has been heard of their call since a moment.
SELECT count(*) FROM open_channel WHERE (ended_at IS NOT NULL OR call_last_at < $since) AND last_at >= $first;

-- name: first_file
-- The path of the file that was read first of those that held calls or events, and whether it held events.
SELECT path, events > 0 FROM source_file WHERE stored + duplicates + events > 0 ORDER BY file_id LIMIT 1;
