-- claim: With CONCAT_NULL_YIELDS_NULL ON a text and NULL concatenated are NULL
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-concat-null-yields-null-transact-sql
-- covers: sqlserver.connection.connect

SET CONCAT_NULL_YIELDS_NULL ON
GO
SELECT 'a' + CAST(NULL AS varchar(9)) AS v
-- expect rows: v
--   NULL
