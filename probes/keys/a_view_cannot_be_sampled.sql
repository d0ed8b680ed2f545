-- claim: TABLESAMPLE of a view is refused (494)
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/from-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE VIEW dbo.W AS SELECT 1 AS ID
GO
SELECT COUNT_BIG(*) AS row_count FROM dbo.W AS t TABLESAMPLE SYSTEM (10.000000 PERCENT) REPEATABLE (1)
-- expect error 494: The TABLESAMPLE clause can only be used with local tables.
