-- claim: The sum of rows is one number, and NULL where there is no table
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
-- covers: sqlserver.catalog

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SELECT (SELECT SUM(p.rows) FROM [$(database)].sys.partitions AS p
  WHERE p.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND p.index_id IN (0, 1)) AS estimated
-- expect rows: estimated
--   0
