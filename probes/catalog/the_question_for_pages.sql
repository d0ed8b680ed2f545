-- claim: A table that does not exist has no pages: the sum is NULL
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-allocation-units-transact-sql
-- covers: sqlserver.chunking.split_table

SELECT SUM(a.total_pages) AS pages
FROM [$(database)].sys.partitions AS p
JOIN [$(database)].sys.allocation_units AS a ON a.container_id = p.hobt_id
WHERE p.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND p.index_id IN (0, 1) AND a.type = 1
-- expect rows: pages
--   NULL
