-- The store. Instants are naive TIMESTAMPs in UTC; *_local are the same moments as the site's clocks showed them.
-- Money is BIGINT micro-units. Calls and ledger entries carry no index: duplicates are found by joins bounded in time.

CREATE TABLE setting (
    name  VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL
);

CREATE TABLE extension (
    number                 VARCHAR PRIMARY KEY,
    name                   VARCHAR NOT NULL,
    billing                BOOLEAN NOT NULL,
    payment                VARCHAR NOT NULL,   -- prepaid, postpaid
    credit_limit_micros    BIGINT  NOT NULL,
    locked                 BOOLEAN NOT NULL,   -- by hand
    is_new                 BOOLEAN NOT NULL,   -- first seen in a CDR, not yet looked at
    created_at             TIMESTAMP NOT NULL,
    balance_micros         BIGINT NOT NULL,    -- sum of the extension's ledger entries
    total_recharged_micros BIGINT NOT NULL     -- recharges since the payment method last changed
);

-- Who cannot call because nothing is left; with the site's or the extension's billing off nobody.
CREATE MACRO over_limit(site_billing, billing, available_micros) AS
    site_billing AND billing AND available_micros <= 0;

-- Extensions with what follows from their balances and the site's settings; a low balance of 0 = none is low.
CREATE MACRO extension_state(site_billing, low_balance_micros) AS TABLE
    WITH derived AS (
        SELECT *, balance_micros + credit_limit_micros AS available_micros FROM extension
    ),
    judged AS (
        SELECT *, over_limit(site_billing, billing, available_micros) AS is_over FROM derived
    )
    SELECT
        * EXCLUDE (is_over),
        is_over AS over_limit,
        locked OR is_over AS barred,
        site_billing AND billing AND NOT is_over AND available_micros <= low_balance_micros AS low
    FROM judged;

-- What a rule said, for ever: calls point here. An edit adds a version.
CREATE TABLE rate_version (
    version_id         BIGINT PRIMARY KEY,
    rate_id            BIGINT NOT NULL,
    name               VARCHAR NOT NULL,
    prefix             VARCHAR NOT NULL,
    number_length      INTEGER NOT NULL,       -- 0 = any
    initial_fee_micros BIGINT NOT NULL,
    initial_seconds    INTEGER NOT NULL,
    price_micros       BIGINT NOT NULL,
    price_seconds      INTEGER,                -- NULL = one cycle
    cycle_seconds      INTEGER NOT NULL,
    start_second       INTEGER NOT NULL,       -- after local midnight; equal to end_second = all day
    end_second         INTEGER NOT NULL,
    weekdays           INTEGER NOT NULL,       -- bit 0 = Monday
    valid_from         DATE,
    valid_to           DATE,
    extensions         VARCHAR[],              -- NULL = all
    created_at         TIMESTAMP NOT NULL,
    created_by         VARCHAR NOT NULL
);

-- The list as it stands: which version of each rule is in force, in which order.
CREATE TABLE rate (
    rate_id    BIGINT NOT NULL,
    version_id BIGINT NOT NULL,
    position   INTEGER NOT NULL,               -- 1 = first
    enabled    BOOLEAN NOT NULL
);

-- Names that differ from call to call are packed by zstd: half the time of what DuckDB would choose, and a third of the
-- room.
CREATE TABLE call (
    call_id            BIGINT NOT NULL,        -- order of storing
    call_key           UBIGINT NOT NULL,       -- md5 of what makes the record unique, lower half
    started_at         TIMESTAMP NOT NULL,
    started_local      TIMESTAMP NOT NULL,
    answered_at        TIMESTAMP,              -- NULL = not answered
    answered_local     TIMESTAMP,
    ended_at           TIMESTAMP,
    extension          VARCHAR NOT NULL,       -- '' = none known
    direction          VARCHAR NOT NULL,
    dialled            VARCHAR NOT NULL,
    trunk              VARCHAR NOT NULL,
    disposition        VARCHAR NOT NULL,       -- as the PBX wrote it
    duration           INTEGER NOT NULL,
    billsec            INTEGER NOT NULL,
    cost_micros        BIGINT NOT NULL,
    unrated            VARCHAR,                -- why it is not charged; NULL = rated
    rate_version       BIGINT,                 -- NULL = no rule applied
    cycles             BIGINT NOT NULL,
    first_block_micros BIGINT NOT NULL,        -- the first block's part of cost_micros
    file_id            BIGINT NOT NULL,
    line_offset        BIGINT NOT NULL,
    line_length        INTEGER NOT NULL,       -- bytes, line end included
    caller             VARCHAR NOT NULL DEFAULT '', -- the calling number as written
    called_party       VARCHAR NOT NULL DEFAULT '', -- who answered, where the format tells
    account_code       VARCHAR NOT NULL DEFAULT '',
    link_id            VARCHAR USING COMPRESSION zstd NOT NULL DEFAULT '', -- what joins the records of one call; '' = none
    near_channel       VARCHAR USING COMPRESSION zstd NOT NULL DEFAULT '', -- the channel that the record is of; '' = the format names none
    far_channel        VARCHAR USING COMPRESSION zstd NOT NULL DEFAULT '', -- the one it was joined with
    near_device        VARCHAR NOT NULL DEFAULT '', -- the extension of the channel's device; '' = it is none
    far_device         VARCHAR NOT NULL DEFAULT '',
    written            VARCHAR,                -- the destination as written; NULL = dialled
    dial_number        VARCHAR,                -- of the leg that the record may begin; NULL = dialled, '' = unknown
    facts              USMALLINT NOT NULL DEFAULT 0, -- bits, see engine.domain.call_columns
    rated_number       VARCHAR,                -- what prefixes and lengths are held against; NULL = dialled
    channel            VARCHAR USING COMPRESSION zstd NOT NULL DEFAULT '', -- the leg's trunk channel, else the record's own
    placed_by          VARCHAR NOT NULL DEFAULT '', -- who placed the call that the record is a part of
    passed_by          VARCHAR NOT NULL DEFAULT '', -- who passed it on; '' = nobody
    leg                UBIGINT NOT NULL DEFAULT 0, -- call_key of the leg's first record
    charged_seconds    INTEGER NOT NULL DEFAULT 0  -- of the leg on its first record, 0 on the others
);

-- Records of PBXs whose clock ticks in minutes, as often as each file holds them: equal ones are different calls.
CREATE TABLE recurring_record (
    file_id    BIGINT NOT NULL,
    call_key   UBIGINT NOT NULL,               -- of the first of them
    started_at TIMESTAMP NOT NULL
);

-- Names and countries of numbers, by prefix: the site's own; others ship (config/destinations.csv).
CREATE TABLE destination (
    prefix  VARCHAR NOT NULL,                  -- '' = any number
    name    VARCHAR NOT NULL,
    country VARCHAR NOT NULL                   -- two letters; '' = none
);

-- What all prefixes come to: numbers from `low` up to the next one's, in the order of text.
CREATE TABLE destination_span (
    low     VARCHAR NOT NULL,
    name    VARCHAR NOT NULL,                  -- '' = these numbers have no destination
    country VARCHAR NOT NULL
);

-- The number that a call is rated by.
CREATE MACRO number_rated(rated_number, dialled) AS coalesce(rated_number, dialled);

-- The destinations of outbound calls' numbers; numbers without one are left out.
CREATE VIEW number_destination AS
SELECT called.number, span.name, span.country
FROM (
    SELECT DISTINCT number_rated(rated_number, dialled) AS number FROM call WHERE direction = 'outbound'
) AS called
ASOF JOIN destination_span AS span ON called.number >= span.low
WHERE span.name <> '';

-- Of each rated number, the longest prefix of a rule in use that it begins with; others are left out.
CREATE VIEW dialled_prefix AS
WITH prefix AS (
    SELECT DISTINCT rate_version.prefix
    FROM rate JOIN rate_version USING (version_id)
    WHERE rate.enabled AND rate_version.prefix <> ''
),
digits AS (SELECT DISTINCT length(prefix) AS count FROM prefix),
number AS (SELECT DISTINCT number_rated(rated_number, dialled) AS dialled FROM call)
SELECT number.dialled AS number, max_by(prefix.prefix, digits.count) AS prefix
FROM number CROSS JOIN digits
JOIN prefix ON prefix.prefix = left(number.dialled, digits.count)
GROUP BY number.dialled;

CREATE TABLE ledger_entry (
    entry_id             BIGINT NOT NULL,      -- order of posting
    extension            VARCHAR NOT NULL,
    kind                 VARCHAR NOT NULL,     -- recharge, charge, adjustment, reversal, method change
    posted_at TIMESTAMP NOT NULL,
    amount_micros        BIGINT NOT NULL,      -- signed: charges are negative
    balance_after_micros BIGINT NOT NULL,
    call_id              BIGINT,               -- of charges and their reversals
    operator             VARCHAR NOT NULL,     -- '' = the engine
    note                 VARCHAR NOT NULL,
    operation_key        VARCHAR               -- of entries an operator made
);

-- Every operation that moved money, by the key its caller chose.
CREATE TABLE operation (
    operation_id  BIGINT NOT NULL,             -- order of doing
    operation_key VARCHAR PRIMARY KEY,
    content       VARCHAR NOT NULL,            -- sha256 of the operation's content
    result        VARCHAR NOT NULL,            -- JSON, answered again on repetition
    done_at TIMESTAMP NOT NULL
);

-- One row per CDR file ever read, known by content and not by name.
CREATE TABLE source_file (
    file_id           BIGINT PRIMARY KEY,
    source            VARCHAR NOT NULL,        -- the path or glob of config.yaml; '' = imported by hand
    path              VARCHAR NOT NULL,        -- where it was last seen
    format            VARCHAR NOT NULL,
    timezone          VARCHAR NOT NULL,        -- IANA zone that its times were last read in
    device            BIGINT NOT NULL,
    inode             UBIGINT NOT NULL,
    head_length       INTEGER NOT NULL,        -- bytes under head_sha256, from the file's start
    head_sha256       VARCHAR NOT NULL,
    tail_length       INTEGER NOT NULL,        -- bytes under tail_sha256, just before read_offset
    tail_sha256       VARCHAR NOT NULL,
    read_offset       BIGINT NOT NULL,         -- bytes [0, read_offset) are accounted for
    lines             BIGINT NOT NULL,
    stored            BIGINT NOT NULL,
    duplicates        BIGINT NOT NULL,
    quarantined       BIGINT NOT NULL,
    ignored           BIGINT NOT NULL,         -- blank lines, headers
    events            BIGINT NOT NULL DEFAULT 0, -- parts of calls, in table event
    stored_bytes      BIGINT NOT NULL,
    duplicate_bytes   BIGINT NOT NULL,
    quarantined_bytes BIGINT NOT NULL,
    ignored_bytes     BIGINT NOT NULL,
    event_bytes       BIGINT NOT NULL DEFAULT 0,
    finished          BOOLEAN NOT NULL,        -- rotated away or imported whole: not followed any more
    first_read_at     TIMESTAMP NOT NULL,
    last_read_at      TIMESTAMP NOT NULL,
    last_call_at      TIMESTAMP                -- start of the newest call in it
);

CREATE TABLE quarantine (
    quarantine_id BIGINT NOT NULL,
    file_id       BIGINT NOT NULL,
    line_offset   BIGINT NOT NULL,
    line_number   BIGINT NOT NULL,             -- from 1
    line_length   BIGINT NOT NULL,
    field         VARCHAR NOT NULL,            -- '' = the line as a whole
    reason        VARCHAR NOT NULL,            -- in English
    message       VARCHAR NOT NULL DEFAULT '', -- the reason as JSON: template and fields
    raw           BLOB NOT NULL,               -- bounded
    timezone      VARCHAR NOT NULL,            -- IANA zone that the lines around it were read in
    found_at TIMESTAMP NOT NULL,
    retried_at    TIMESTAMP                    -- NULL = still bad
);

CREATE TABLE account (
    name          VARCHAR PRIMARY KEY,
    role          VARCHAR NOT NULL,
    password_hash VARCHAR NOT NULL,            -- argon2id; '' = by operating-system user only
    os_user       VARCHAR NOT NULL,            -- '' = none
    enabled       BOOLEAN NOT NULL,
    generation    BIGINT NOT NULL,             -- drawn anew with every change: sessions of an earlier one have ended
    created_at    TIMESTAMP NOT NULL
);

-- Operating-system users that an account has signed in from by password.
CREATE TABLE familiar_user (
    name    VARCHAR NOT NULL,
    os_user VARCHAR NOT NULL,
    PRIMARY KEY (name, os_user)
);

-- Wrong passwords of the last hour.
CREATE TABLE guess (
    made_at  TIMESTAMP NOT NULL,
    name_key VARCHAR NOT NULL,                 -- a short digest of the name typed
    familiar BOOLEAN NOT NULL                  -- from such a user, or an owner of the home
);

CREATE TABLE audit (
    audit_id  BIGINT NOT NULL,                 -- order of doing
    done_at TIMESTAMP NOT NULL,
    operator  VARCHAR NOT NULL,                -- '' = the engine, or nobody who is known
    role      VARCHAR NOT NULL,                -- '' = none
    os_user   VARCHAR NOT NULL,                -- '' = not known
    action    VARCHAR NOT NULL,
    outcome   VARCHAR NOT NULL,                -- done, begun, or the code of what refused it
    detail    VARCHAR NOT NULL                 -- JSON
);

-- One link for each commit that added to the books or changed what they rest on; see engine/sql/chain.sql.
CREATE TABLE chain (
    number          BIGINT NOT NULL,           -- from 1, without gaps
    made_at         TIMESTAMP NOT NULL,
    first_entry     BIGINT NOT NULL,           -- numbers of what the commit added; the last below the first = nothing
    last_entry      BIGINT NOT NULL,
    first_operation BIGINT NOT NULL,
    last_operation  BIGINT NOT NULL,
    first_audit     BIGINT NOT NULL,
    last_audit      BIGINT NOT NULL,
    first_call      BIGINT NOT NULL,
    last_call       BIGINT NOT NULL,
    entries         UHUGEINT NOT NULL,         -- digests of what was added; 0 = nothing
    operations      UHUGEINT NOT NULL,
    audits          UHUGEINT NOT NULL,
    calls           UHUGEINT NOT NULL,
    extensions      UHUGEINT NOT NULL,         -- digests of all there is after the commit; 0 = nothing
    rates           UHUGEINT NOT NULL,
    accounts        UHUGEINT NOT NULL,
    settings        UHUGEINT NOT NULL,
    digest          BLOB NOT NULL              -- sha256 of the link before and all of the above
);

CREATE TABLE lockout (
    target    VARCHAR NOT NULL,                -- kind and place of the target
    extension VARCHAR NOT NULL,
    reason    VARCHAR NOT NULL,                -- why it is barred, as the target was told; '' = it was not
    taken     BOOLEAN NOT NULL,                -- what the target is known to have taken: barred or not
    changed_at TIMESTAMP NOT NULL,
    PRIMARY KEY (target, extension)
);

CREATE TABLE preference (
    operator VARCHAR NOT NULL,
    name     VARCHAR NOT NULL,
    value    VARCHAR NOT NULL,                 -- JSON
    PRIMARY KEY (operator, name)
);
