-- name: tokens
-- What joins the bound table `records` to calls: link ids, and names of channels in use without a break. A name in
-- use again after more than two seconds is another channel. Both halves of a Local channel count as one name.
WITH named AS (
    SELECT row, started_at, ended_at, unnest([near, far]) AS channel FROM records
), halves AS (
    SELECT row, started_at, ended_at, channel_name(channel) AS name FROM named WHERE channel <> ''
), reached AS (
    SELECT row, name, started_at, max(ended_at) OVER (
        PARTITION BY name ORDER BY started_at, row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS busy_until
    FROM halves
), spells AS (
    SELECT row, name, CAST(count(*) FILTER (WHERE started_at > busy_until + INTERVAL 2 SECOND) OVER (
        PARTITION BY name ORDER BY started_at, row
    ) AS BIGINT) AS spell
    FROM reached
), tokens AS (
    SELECT row, 'link' AS kind, link_id AS name, 0 AS spell FROM records WHERE link_id <> ''
    UNION ALL
    SELECT row, 'channel', name, spell FROM spells
)
SELECT row, CAST(dense_rank() OVER (ORDER BY kind, name, spell) AS BIGINT) AS token FROM tokens;

-- name: settle
-- The leg of every record of the bound table `records`, whose `call_no` says which belong to one call.
WITH RECURSIVE placed AS (
    SELECT *, row_number() OVER (
        PARTITION BY call_no ORDER BY started_at, near, far, ended_at, dialled, duration, billsec
    ) AS place
    FROM records
), sides AS (
    SELECT call_no, place, near AS name, near_device AS device, far AS other FROM placed WHERE near <> ''
    UNION ALL
    SELECT call_no, place, far, far_device, near FROM placed WHERE far NOT IN ('', near)
), firsts AS (
    SELECT call_no, far AS name, min(place) AS place FROM placed WHERE far_trunk AND joins GROUP BY ALL
), came_in AS (
    SELECT call_no FROM placed
    ANTI JOIN firsts ON firsts.call_no = placed.call_no AND firsts.name = placed.near
    WHERE place = 1 AND near_trunk
), behind AS (
    -- Who dialled the first half of a Local channel.
    SELECT call_no, left(far, -1) AS name, arg_min(near, place) AS dialler
    FROM placed WHERE joins AND far LIKE 'Local/%;1' GROUP BY ALL
), walk AS (
    SELECT DISTINCT call_no, name, name AS dialler, 0 AS steps FROM sides
    UNION ALL
    SELECT walk.call_no, walk.name, behind.dialler, steps + 1
    FROM walk JOIN behind ON behind.call_no = walk.call_no AND behind.name = left(walk.dialler, -1)
    WHERE walk.dialler LIKE 'Local/%;_' AND steps < 50
), diallers AS (
    SELECT call_no, name, arg_max(dialler, steps) AS dialler FROM walk GROUP BY ALL
), devices AS (
    SELECT call_no, name, max(device) AS device FROM sides GROUP BY ALL
), people AS (
    -- The extension that a channel stands for.
    SELECT diallers.call_no, diallers.name, dialler, coalesce(device, '') AS device
    FROM diallers
    LEFT JOIN devices ON devices.call_no = diallers.call_no AND devices.name = diallers.dialler
), legs AS (
    SELECT placed.*, firsts.name AS channel, people.dialler, people.device,
        caller_internal AND came_in.call_no IS NULL AS by_caller
    FROM firsts
    JOIN placed ON placed.call_no = firsts.call_no AND placed.place = firsts.place
    LEFT JOIN people ON people.call_no = placed.call_no AND people.name = placed.near
    LEFT JOIN came_in ON came_in.call_no = placed.call_no
), passed AS (
    SELECT legs.call_no, legs.channel, arg_max(people.device, sides.place) AS device
    FROM legs
    JOIN sides ON sides.call_no = legs.call_no AND sides.name = legs.dialler AND sides.place < legs.place
    JOIN placed ON placed.call_no = sides.call_no AND placed.place = sides.place
    JOIN people ON people.call_no = sides.call_no AND people.name = sides.other
    WHERE placed.answered_at IS NOT NULL AND placed.billsec > 0 AND people.device <> ''
    GROUP BY ALL
), reached AS (
    SELECT call_no, arg_min(dialled, place) AS extension FROM placed WHERE dialled_internal GROUP BY ALL
), lengths AS (
    SELECT sides.call_no, sides.name AS channel, count(*) AS records, max(ended_at) AS ended_at
    FROM sides JOIN placed ON placed.call_no = sides.call_no AND placed.place = sides.place
    GROUP BY ALL
), own AS (
    -- Where a PBX writes a record for the trunk channel as well, that one tells how long the trunk was in use.
    SELECT call_no, near AS channel, min(answered_at) AS answered_at, max(billsec) AS billsec
    FROM placed WHERE own_leg GROUP BY ALL
), settled AS (
    SELECT legs.call_no, legs.channel, legs.place, legs.row, legs.number,
        CASE WHEN own.channel IS NULL THEN legs.answered_at ELSE own.answered_at END AS answered_at,
        coalesce(nullif(legs.device, ''), CASE WHEN by_caller THEN caller END, '') AS placed_by,
        coalesce(passed.device, '') AS passed_by,
        coalesce(
            nullif(CASE WHEN $payer = 'code' THEN code END, ''),
            CASE WHEN $payer = 'forwarder' THEN passed.device END,
            nullif(legs.device, ''),
            CASE WHEN by_caller THEN caller END,
            passed.device,
            reached.extension,
            $unclaimed
        ) AS payer,
        CASE
            WHEN own.channel IS NOT NULL THEN if(own.answered_at IS NULL, 0, own.billsec)
            WHEN legs.answered_at IS NULL THEN 0
            WHEN lengths.records = 1 THEN legs.billsec
            ELSE greatest(epoch_us(lengths.ended_at) - epoch_us(legs.answered_at), 0) // 1000000
        END AS seconds
    FROM legs
    LEFT JOIN passed ON passed.call_no = legs.call_no AND passed.channel = legs.channel
    LEFT JOIN reached ON reached.call_no = legs.call_no
    JOIN lengths ON lengths.call_no = legs.call_no AND lengths.channel = legs.channel
    LEFT JOIN own ON own.call_no = legs.call_no AND own.channel = legs.channel
), owned AS (
    -- A record of two legs belongs to the one that it begins, else to the older one.
    SELECT sides.call_no, sides.place, arg_min(
        settled.channel, CASE WHEN settled.place = sides.place THEN 0 ELSE settled.place END
    ) AS channel
    FROM sides JOIN settled ON settled.call_no = sides.call_no AND settled.channel = sides.name
    GROUP BY ALL
)
SELECT placed.row, settled.row AS leg_row, payer, placed_by, passed_by, settled.number, settled.channel,
    settled.answered_at,
    CASE WHEN settled.row = placed.row THEN seconds WHEN settled.row IS NOT NULL THEN 0 END AS charged_seconds,
    settled.row IS NULL AND near_trunk AND caller_internal AS originated
FROM placed
LEFT JOIN owned ON owned.call_no = placed.call_no AND owned.place = placed.place
LEFT JOIN settled ON settled.call_no = owned.call_no AND settled.channel = owned.channel;

-- name: related
-- Which rows of the bound table `batch` share a link id or a channel name with another one, or with a stored record that
-- was under way in a time; and which such records there are, as -1 less their number. Names are compared by their
-- hashes: a row too many costs a closer look, and none is missed.
WITH records AS (
    SELECT row, link_id, near_channel, far_channel FROM batch
    UNION ALL
    SELECT -1 - call_id, link_id, near_channel, far_channel
    FROM call WHERE facts & 32 <> 0 AND ended_at >= $first AND started_at <= $last
), names AS (
    SELECT row, hash(link_id) AS name FROM records WHERE link_id <> ''
    UNION ALL
    SELECT row, hash(channel_name(near_channel)) FROM records WHERE near_channel <> ''
    UNION ALL
    SELECT row, hash(channel_name(far_channel)) FROM records WHERE far_channel <> ''
), shared AS (
    SELECT name FROM names GROUP BY name HAVING min(row) <> max(row) AND max(row) >= 0
)
SELECT DISTINCT row FROM names SEMI JOIN shared USING (name);

-- name: recent_names
-- Link ids and channels of the records that ended at a moment or later.
SELECT link_id, near_channel, far_channel FROM call WHERE facts & 32 <> 0 AND ended_at >= $since LIMIT $limit;

-- name: stored_records
-- Stored records by their numbers, as settling takes them, with what they are a part of now.
SELECT -1 - call_id AS row, call_id, call_key, started_at, ended_at, answered_at, answered_local, duration, billsec,
    link_id, near_channel, far_channel, near_device, far_device, caller, coalesce(written, dialled) AS written,
    dialled, dial_number, facts, extension, direction, channel, placed_by, passed_by, leg, charged_seconds,
    rated_number, cost_micros, unrated, rate_version, cycles, first_block_micros
FROM call WHERE call_id BETWEEN list_min($numbers) AND list_max($numbers) AND list_contains($numbers::BIGINT[], call_id);

-- name: update_calls
-- Gives the stored calls of the bound table `changed` what their legs make of them now.
UPDATE call SET
    direction = changed.direction, extension = changed.extension, channel = changed.channel,
    placed_by = changed.placed_by, passed_by = changed.passed_by, leg = changed.leg,
    charged_seconds = changed.charged_seconds, rated_number = changed.rated_number,
    cost_micros = changed.cost_micros, unrated = changed.unrated, rate_version = changed.rate_version,
    cycles = changed.cycles, first_block_micros = changed.first_block_micros
FROM changed
WHERE call.call_id = changed.call_id AND call.call_id BETWEEN $first AND $last;
