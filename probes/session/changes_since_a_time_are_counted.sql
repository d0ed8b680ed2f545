-- claim: Rows at or above a time are counted, those with NULL included
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/count-big-transact-sql
-- covers: modes.changed_rows

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SELECT COUNT_BIG(*) AS changes FROM [$(database)].[dbo].[T] AS t
WHERE ((t.[T] >= CAST('2026-11-30T01:07:50.3022590' AS datetime2(7)) OR t.[T] IS NULL))
-- expect rows: changes
--   0
