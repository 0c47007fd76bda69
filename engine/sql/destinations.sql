-- Destinations: the site's prefixes, and the spans of numbers that all prefixes come to.

-- name: own
-- The site's prefixes.
SELECT prefix, name, country FROM destination ORDER BY prefix;

-- name: clear_own
-- Forgets the site's prefixes.
DELETE FROM destination;

-- name: add_own
-- Takes the prefixes of the bound table `destination_sheet`.
INSERT INTO destination (prefix, name, country) SELECT prefix, name, country FROM destination_sheet;

-- name: spans
-- The spans in their order.
SELECT low, name, country FROM destination_span ORDER BY low;

-- name: clear_spans
-- Forgets the spans.
DELETE FROM destination_span;

-- name: add_spans
-- Takes the spans of the bound table `destination_spans`.
INSERT INTO destination_span (low, name, country) SELECT prefix, name, country FROM destination_spans;

-- name: of_numbers
-- Number, name and country of those of some numbers that have a destination.
SELECT asked.number, span.name, span.country
FROM (SELECT unnest($numbers::VARCHAR[]) AS number) AS asked
ASOF JOIN destination_span AS span ON asked.number >= span.low
WHERE span.name <> '';
