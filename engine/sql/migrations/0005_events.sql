-- Events of channels (Asterisk CEL). Calls are made from them, and made anew when more of them arrive; the table only
-- grows. An event is known by type, time, unique id, channel and extra.

CREATE TABLE event (
    happened_at           TIMESTAMP NOT NULL,
    type         VARCHAR NOT NULL,
    caller       VARCHAR NOT NULL,
    exten        VARCHAR NOT NULL,
    channel      VARCHAR NOT NULL,
    app          VARCHAR NOT NULL,
    app_data     VARCHAR NOT NULL,
    account_code VARCHAR NOT NULL,
    unique_id    VARCHAR NOT NULL,
    link_id      VARCHAR NOT NULL,
    peer         VARCHAR NOT NULL,             -- channels in the same bridge
    extra        VARCHAR NOT NULL,             -- JSON, as written
    trunk        VARCHAR NOT NULL,             -- of the channel; '' = it is none
    device       VARCHAR NOT NULL,             -- the extension of the channel's device
    facts        UTINYINT NOT NULL,            -- bits, see engine.domain.channel_events
    file_id      BIGINT NOT NULL,
    line_offset  BIGINT NOT NULL,
    line_length  INTEGER NOT NULL,
    scope        VARCHAR NOT NULL              -- the PBX that wrote it: its source and its name in unique ids
);

-- Channels that no event ends: under way, or lost.
CREATE TABLE open_channel (
    unique_id    VARCHAR NOT NULL,
    scope        VARCHAR NOT NULL,             -- as in table event
    last_at      TIMESTAMP NOT NULL,           -- of its last event
    call_last_at TIMESTAMP NOT NULL,           -- of its call's
    ended_at     TIMESTAMP                     -- the end that is assumed; NULL = it is under way
);

-- The last channel that each PBX began, and when PBXs were started again: their channels are numbered anew.
CREATE TABLE pbx_start (
    scope  VARCHAR PRIMARY KEY,
    happened_at     TIMESTAMP NOT NULL,
    epoch  BIGINT NOT NULL,
    number BIGINT NOT NULL
);

CREATE TABLE pbx_restart (
    scope VARCHAR NOT NULL,
    happened_at    TIMESTAMP NOT NULL,
    PRIMARY KEY (scope, happened_at)
);

-- A unique id is NAME-EPOCH.NUMBER or EPOCH.NUMBER.
CREATE MACRO channel_epoch(unique_id) AS TRY_CAST(regexp_extract(unique_id, '(?:^|-)(\d{9,10})\.\d+$', 1) AS BIGINT);
CREATE MACRO channel_number(unique_id) AS TRY_CAST(regexp_extract(unique_id, '\.(\d+)$', 1) AS BIGINT);

-- The key of the call that a channel makes.
CREATE MACRO event_call_key(unique_id) AS md5_number_lower('event' || chr(31) || unique_id);

-- What the chain digests of a call: of those made from events, which may be told anew, their number and key alone.
CREATE MACRO has_line(facts) AS (facts & 256) = 0;
