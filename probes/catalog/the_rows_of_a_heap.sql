-- claim: A heap has index_id 0, and its rows are counted there
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
-- covers: sqlserver.catalog.estimated_rows

CREATE TABLE dbo.T (A int NOT NULL)
GO
INSERT dbo.T VALUES (1), (2)
GO
SELECT SUM(p.rows) AS estimated FROM [$(database)].sys.partitions AS p
WHERE p.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND p.index_id IN (0, 1)
-- expect rows: estimated
--   2
