-- claim: ROW_NUMBER and whole division find the keys that cut the rows into equal parts
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/row-number-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
INSERT INTO dbo.T VALUES (10), (20), (30), (40), (50), (60), (70), (80), (90), (100)
GO
SELECT CONVERT(varchar(20), s.k0) AS k0
FROM (
SELECT t.[ID] AS k0, ROW_NUMBER() OVER (ORDER BY t.[ID]) AS place
FROM dbo.T AS t
WHERE t.[ID] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 3 / CAST(10 AS bigint) > (s.place - 2) * 3 / CAST(10 AS bigint)
ORDER BY s.place
-- expect rows: k0
--   '50'
--   '80'
