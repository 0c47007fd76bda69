-- The two halves of a Local channel, ;1 and ;2, count as one name.
CREATE MACRO channel_name(channel) AS
    CASE WHEN channel LIKE 'Local/%;_' THEN left(channel, -2) ELSE channel END;

-- Reasons that may hide money: a call that somebody has to look at.
CREATE MACRO money_may_be_missing(unrated) AS
    coalesce(unrated IN ('no rule', 'no extension', 'number unknown'), false);
