-- claim: A sample of 100 percent of the pages has every row
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/from-transact-sql

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
INSERT INTO dbo.T VALUES (1), (2), (3)
GO
SELECT COUNT_BIG(*) AS row_count FROM dbo.T AS t TABLESAMPLE SYSTEM (100 PERCENT) REPEATABLE (1)
-- expect rows: row_count
--   3
