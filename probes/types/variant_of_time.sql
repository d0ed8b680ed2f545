-- claim: A sql_variant of time says so, and becomes its exact text
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/sql-variant-property-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V sql_variant NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, CAST('23:59:59.9999999' AS time(7)))
GO
SELECT CASE CAST(SQL_VARIANT_PROPERTY(t.[V], 'BaseType') AS nvarchar(128))
  WHEN N'binary' THEN CONVERT(nvarchar(max), CONVERT(varbinary(8000), t.[V]), 1)
  WHEN N'varbinary' THEN CONVERT(nvarchar(max), CONVERT(varbinary(8000), t.[V]), 1)
  WHEN N'real' THEN CONVERT(nvarchar(max), CONVERT(float(53), t.[V]), 3)
  WHEN N'float' THEN CONVERT(nvarchar(max), CONVERT(float(53), t.[V]), 3)
  WHEN N'money' THEN CONVERT(nvarchar(max), CONVERT(money, t.[V]), 2)
  WHEN N'smallmoney' THEN CONVERT(nvarchar(max), CONVERT(smallmoney, t.[V]), 2)
  WHEN N'date' THEN CONVERT(nvarchar(max), CONVERT(date, t.[V]), 23)
  WHEN N'time' THEN CONVERT(nvarchar(max), CONVERT(time(7), t.[V]), 121)
  WHEN N'smalldatetime' THEN CONVERT(nvarchar(max), CONVERT(smalldatetime, t.[V]), 120)
  WHEN N'datetime' THEN CONVERT(nvarchar(max), CONVERT(datetime, t.[V]), 121)
  WHEN N'datetime2' THEN CONVERT(nvarchar(max), CONVERT(datetime2(7), t.[V]), 121)
  WHEN N'datetimeoffset' THEN CONVERT(nvarchar(max), CONVERT(datetimeoffset(7), t.[V]), 121)
 
  ELSE CONVERT(nvarchar(max), t.[V]) END AS v,
  CAST(SQL_VARIANT_PROPERTY(t.[V], 'BaseType') AS nvarchar(128)) AS w
FROM dbo.T AS t
ORDER BY t.Place
-- expect rows: v, w
--   '23:59:59.9999999' | 'time'
