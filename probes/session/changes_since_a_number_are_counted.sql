-- claim: Rows at or above a number are counted, those with NULL included
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/count-big-transact-sql
-- covers: modes.changed_rows

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SELECT COUNT_BIG(*) AS changes FROM [$(database)].[dbo].[T] AS t
WHERE ((t.[N] >= CAST(0 AS int) OR t.[N] IS NULL))
-- expect rows: changes
--   0
