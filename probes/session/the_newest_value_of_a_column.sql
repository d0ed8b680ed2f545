-- claim: The newest value of a column comes in one row, NULL where the table has none
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/top-transact-sql
-- covers: modes.watermark_column

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, W int NULL)
GO
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SELECT CONVERT(varchar(20), m.newest) AS newest,
  CASE WHEN m.newest < CAST(5 AS int) THEN 1 ELSE 0 END AS fell,
  CASE WHEN 1 = 0 THEN 1 ELSE 0 END AS in_future,
  NULL AS clock, NULL AS utc, NULL AS clock_seconds, NULL AS utc_seconds
FROM (SELECT 1 AS one) AS o
LEFT JOIN (SELECT TOP (1) t.[W] AS newest
  FROM [$(database)].[dbo].[T] AS t
  ORDER BY t.[W] DESC) AS m ON o.one = 1
-- expect rows: newest, fell, in_future, clock, utc, clock_seconds, utc_seconds
--   NULL | 0 | 0 | NULL | NULL | NULL | NULL
INSERT INTO dbo.T VALUES (1, 3), (2, NULL)
GO
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SELECT CONVERT(varchar(20), m.newest) AS newest,
  CASE WHEN m.newest < CAST(5 AS int) THEN 1 ELSE 0 END AS fell,
  CASE WHEN 1 = 0 THEN 1 ELSE 0 END AS in_future,
  NULL AS clock, NULL AS utc, NULL AS clock_seconds, NULL AS utc_seconds
FROM (SELECT 1 AS one) AS o
LEFT JOIN (SELECT TOP (1) t.[W] AS newest
  FROM [$(database)].[dbo].[T] AS t
  ORDER BY t.[W] DESC) AS m ON o.one = 1
-- expect rows: newest, fell, in_future, clock, utc, clock_seconds, utc_seconds
--   '3' | 1 | 0 | NULL | NULL | NULL | NULL
