-- claim: A batch of a SELECT and SELECT @@ROWCOUNT returns the rows and then their number
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/rowcount-transact-sql
-- covers: sqlserver.reader

SELECT v.x AS x FROM (VALUES (1), (2)) AS v (x) ORDER BY v.x;
SELECT @@ROWCOUNT AS row_count
-- expect rows: x
--   1
--   2
