-- claim: Rows at or above a time are read, those with NULL included
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/comparison-operators-transact-sql
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.changed_rows

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SET TRANSACTION ISOLATION LEVEL SNAPSHOT;
SELECT
  t.[ID] AS [id],
  t.[V] AS [v],
  CAST(t.[R] AS binary(8)) AS [r],
  t.[T] AS [t],
  t.[N] AS [n],
  CAST(CASE WHEN DATEPART(NANOSECOND, t.[T]) % 1000 <> 0 THEN 1 ELSE 0 END AS bigint) AS [(cut 1)]
FROM [$(database)].[dbo].[T] AS t
WHERE ((t.[T] >= CAST('2026-11-30T01:07:50.3022590' AS datetime2(7)) OR t.[T] IS NULL))
-- expect rows: id, v, r, t, n, (cut 1)
