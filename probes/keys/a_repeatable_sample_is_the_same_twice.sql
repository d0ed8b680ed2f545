-- claim: TABLESAMPLE with REPEATABLE and one seed gives the same rows while the table does not change
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/from-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
INSERT INTO dbo.T VALUES (1), (2), (3)
GO
SELECT CASE WHEN (SELECT COUNT_BIG(*) AS row_count FROM dbo.T AS t TABLESAMPLE SYSTEM (10.000000 PERCENT) REPEATABLE (1))
  = (SELECT COUNT_BIG(*) AS row_count FROM dbo.T AS t TABLESAMPLE SYSTEM (10.000000 PERCENT) REPEATABLE (1))
  THEN 1 ELSE 0 END AS same
-- expect rows: same
--   1
