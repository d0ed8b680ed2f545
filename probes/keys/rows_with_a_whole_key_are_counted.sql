-- claim: COUNT_BIG counts the rows whose key holds no NULL
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/count-big-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (A int NULL, B int NULL)
INSERT INTO dbo.T VALUES (1, 1), (1, NULL), (NULL, NULL)
GO
SELECT COUNT_BIG(*) AS row_count FROM dbo.T AS t
WHERE t.[A] IS NOT NULL
-- expect rows: row_count
--   2
SELECT COUNT_BIG(*) AS row_count FROM dbo.T AS t
WHERE t.[A] IS NOT NULL AND t.[B] IS NOT NULL
-- expect rows: row_count
--   1
