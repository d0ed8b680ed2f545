-- claim: Every nth key of two columns is found by its place in the order of both
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/row-number-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (A int NOT NULL, B int NOT NULL, PRIMARY KEY (A, B))
INSERT INTO dbo.T VALUES (1, 1), (1, 2), (2, 1), (2, 2)
GO
SELECT CONVERT(varchar(20), s.k0) AS k0, CONVERT(varchar(20), s.k1) AS k1
FROM (
SELECT t.[A] AS k0, t.[B] AS k1, ROW_NUMBER() OVER (ORDER BY t.[A], t.[B]) AS place
FROM dbo.T AS t
WHERE t.[A] IS NOT NULL AND t.[B] IS NOT NULL
) AS s
WHERE s.place > 1 AND (s.place - 1) * 2 / CAST(4 AS bigint) > (s.place - 2) * 2 / CAST(4 AS bigint)
ORDER BY s.place
-- expect rows: k0, k1
--   '2' | '1'
