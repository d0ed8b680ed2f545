-- claim: Rows between two rowversions are counted, those with NULL included
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/count-big-transact-sql
-- covers: modes.changed_rows

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SELECT COUNT_BIG(*) AS changes FROM [$(database)].[dbo].[T] AS t
WHERE ((t.[R] >= CAST(0x00000000000007D2 AS binary(8)) AND t.[R] < CAST(0x00000000000007D2 AS binary(8)) OR t.[R] IS NULL))
-- expect rows: changes
--   0
