-- claim: The pages with rows are those of type 1 of the heap or clustered index
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-allocation-units-transact-sql
-- covers: sqlserver.chunking.split_table

CREATE TABLE dbo.T (A int NOT NULL PRIMARY KEY, B varchar(max) NULL)
GO
INSERT dbo.T VALUES (1, 'x')
GO
SELECT CASE WHEN s.pages > 0 THEN 1 ELSE 0 END AS has_pages FROM (
SELECT SUM(a.total_pages) AS pages
FROM [$(database)].sys.partitions AS p
JOIN [$(database)].sys.allocation_units AS a ON a.container_id = p.hobt_id
WHERE p.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND p.index_id IN (0, 1) AND a.type = 1
) AS s
-- expect rows: has_pages
--   1
