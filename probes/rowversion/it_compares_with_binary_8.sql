-- claim: A rowversion compares with a literal of binary(8) as an unsigned number
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/rowversion-transact-sql
-- covers: modes.rowversion

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, R rowversion NOT NULL)
INSERT INTO dbo.T (ID) VALUES (1), (2), (3)
GO
SELECT COUNT(*) AS found FROM dbo.T AS t
WHERE (t.[R] >= CAST(0x0000000000000000 AS binary(8)) AND t.[R] < CAST(0xFFFFFFFFFFFFFFFF AS binary(8)) OR t.[R] IS NULL)
-- expect rows: found
--   3
