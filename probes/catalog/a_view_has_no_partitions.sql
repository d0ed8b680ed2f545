-- claim: SUM over no partition is NULL
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
-- covers: sqlserver.catalog.estimated_rows

CREATE VIEW dbo.T AS SELECT 1 AS A
GO
SELECT SUM(p.rows) AS estimated FROM [$(database)].sys.partitions AS p
WHERE p.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND p.index_id IN (0, 1)
-- expect rows: estimated
--   NULL
