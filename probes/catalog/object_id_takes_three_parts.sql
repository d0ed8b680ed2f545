-- claim: OBJECT_ID finds a table by database, schema and name
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/object-id-transact-sql
-- covers: sqlserver.catalog.read_schema

CREATE TABLE dbo.T (A int NOT NULL)
GO
SELECT CASE WHEN OBJECT_ID(N'[$(database)].[dbo].[T]') = OBJECT_ID(N'dbo.T') THEN 1 ELSE 0 END AS same
-- expect rows: same
--   1
