-- claim: SET ROWCOUNT ends every SELECT after so many rows, without an error
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-rowcount-transact-sql
-- covers: sqlserver.connection.connect

SET ROWCOUNT 2
GO
SELECT v.x AS x FROM (VALUES (1), (2), (3)) AS v (x) ORDER BY v.x
-- expect rows: x
--   1
--   2
