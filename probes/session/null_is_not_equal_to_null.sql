-- claim: With ANSI_NULLS ON a comparison with NULL is not true
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-ansi-nulls-transact-sql
-- covers: sqlserver.connection.connect

SET ANSI_NULLS ON
GO
SELECT COUNT(*) AS found FROM (VALUES (1)) AS v (x) WHERE NULL = NULL
-- expect rows: found
--   0
