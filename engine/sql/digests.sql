-- name: lower_md5
-- The lower half of the md5 of each of the bound table `texts`, in their order.
SELECT md5_number_lower(text) AS digest FROM texts
