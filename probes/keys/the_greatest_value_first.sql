-- claim: TOP (1) with ORDER BY DESC is the greatest value, and NULL only where there is no other
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/top-transact-sql
-- covers: modes.watermark_column

SELECT TOP (1) v.x AS newest FROM (VALUES (1), (NULL), (7)) AS v (x) ORDER BY v.x DESC
-- expect rows: newest
--   7
