-- claim: The newest number of a column comes in one row without clocks
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/sysdatetime-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.watermark_column

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SET TRANSACTION ISOLATION LEVEL SNAPSHOT;
SELECT CONVERT(varchar(20), m.newest) AS newest,
  CASE WHEN 1 = 0 THEN 1 ELSE 0 END AS fell,
  CASE WHEN 1 = 0 THEN 1 ELSE 0 END AS in_future,
  NULL AS clock, NULL AS utc, NULL AS clock_seconds, NULL AS utc_seconds
FROM (SELECT 1 AS one) AS o
LEFT JOIN (SELECT TOP (1) t.[N] AS newest
  FROM [$(database)].[dbo].[T] AS t
  ORDER BY t.[N] DESC) AS m ON o.one = 1
-- expect rows: newest, fell, in_future, clock, utc, clock_seconds, utc_seconds
--   NULL | 0 | 0 | * | * | * | *
