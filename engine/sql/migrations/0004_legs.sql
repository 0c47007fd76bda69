-- The two halves of a Local channel, ;1 and ;2, count as one name.
CREATE MACRO channel_name(channel) AS
    CASE WHEN channel LIKE 'Local/%;_' THEN left(channel, -2) ELSE channel END;

-- What counts as a call of its own: a leg counts once, with its first record.
CREATE MACRO is_call(unrated) AS unrated IS DISTINCT FROM 'part of another';

-- Seconds of talk: those of the leg, for calls to the outside.
CREATE MACRO talk_seconds(direction, billsec, charged_seconds) AS
    CASE WHEN direction = 'outbound' THEN charged_seconds ELSE billsec END;

-- Reasons that may hide money: a call that somebody has to look at.
CREATE MACRO money_may_be_missing(unrated) AS
    coalesce(unrated IN ('no rule', 'no extension', 'number unknown'), false);
