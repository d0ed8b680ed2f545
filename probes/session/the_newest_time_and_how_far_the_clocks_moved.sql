-- claim: The newest time comes in one row with both clocks and the seconds that each has moved
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/sysdatetime-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.watermark_column

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SET TRANSACTION ISOLATION LEVEL SNAPSHOT;
SELECT CONVERT(varchar(27), CASE WHEN CAST(m.newest AS datetime2(7)) > DATEADD(minute, 1, CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END) THEN CAST(DATEADD(minute, -1, CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END) AS datetime2(7)) ELSE m.newest END, 126) AS newest,
  CASE WHEN m.newest < CAST('2026-11-30T01:17:50.3022590' AS datetime2(7)) THEN 1 ELSE 0 END AS fell,
  CASE WHEN CAST(m.newest AS datetime2(7)) > DATEADD(minute, 1, CASE WHEN SYSDATETIME() > SYSUTCDATETIME() THEN SYSDATETIME() ELSE SYSUTCDATETIME() END) THEN 1 ELSE 0 END AS in_future,
  CONVERT(varchar(27), SYSDATETIME(), 126) AS clock, CONVERT(varchar(27), SYSUTCDATETIME(), 126) AS utc,
  DATEDIFF_BIG(second, CAST('2026-11-30T01:17:53.3319380' AS datetime2(7)), SYSDATETIME()) AS clock_seconds, DATEDIFF_BIG(second, CAST('2026-11-30T01:17:53.3319380' AS datetime2(7)), SYSUTCDATETIME()) AS utc_seconds
FROM (SELECT 1 AS one) AS o
LEFT JOIN (SELECT TOP (1) t.[T] AS newest
  FROM [$(database)].[dbo].[T] AS t
  ORDER BY t.[T] DESC) AS m ON o.one = 1
-- expect rows: newest, fell, in_future, clock, utc, clock_seconds, utc_seconds
--   NULL | 0 | 0 | * | * | * | *
