-- claim: DATEPART(NANOSECOND) shows whether a value has a seventh digit
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/datepart-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V datetime2(7) NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '2024-01-01T00:00:00.1234567'), (2, '2024-01-01T00:00:00.1234560'), (3, NULL)
GO
SELECT CAST(CASE WHEN DATEPART(NANOSECOND, t.[V]) % 1000 <> 0 THEN 1
  ELSE 0 END AS bigint) AS v
FROM dbo.T AS t
ORDER BY t.Place
-- expect rows: v
--   1
--   0
--   0
