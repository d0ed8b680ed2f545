-- claim: SET ROWCOUNT 0 switches it off
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-rowcount-transact-sql
-- covers: sqlserver.connection.connect

SET ROWCOUNT 1
GO
SET ROWCOUNT 0
GO
SELECT v.x AS x FROM (VALUES (1), (2), (3)) AS v (x) ORDER BY v.x
-- expect rows: x
--   1
--   2
--   3
