-- claim: The newest time of a column comes in one row with both clocks
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/sysdatetime-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.watermark_column

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SET TRANSACTION ISOLATION LEVEL SNAPSHOT;
SELECT CONVERT(varchar(27), CASE WHEN CAST(m.newest AS datetime2(7)) > DATEADD(minute, 1, CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END) THEN CAST(DATEADD(minute, -1, CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END) AS datetime2(7)) ELSE m.newest END, 126) AS newest,
  CASE WHEN 1 = 0 THEN 1 ELSE 0 END AS fell,
  CASE WHEN CAST(m.newest AS datetime2(7)) > DATEADD(minute, 1, CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END) THEN 1 ELSE 0 END AS in_future,
  CONVERT(varchar(27), SYSDATETIME(), 126) AS clock, CONVERT(varchar(27), SYSUTCDATETIME(), 126) AS utc,
  NULL AS clock_seconds, NULL AS utc_seconds
FROM (SELECT 1 AS one) AS o
LEFT JOIN (SELECT TOP (1) t.[T] AS newest
  FROM [$(database)].[dbo].[T] AS t
  ORDER BY t.[T] DESC) AS m ON o.one = 1
-- expect rows: newest, fell, in_future, clock, utc, clock_seconds, utc_seconds
--   NULL | 0 | 0 | * | * | * | *
