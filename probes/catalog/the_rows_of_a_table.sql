-- claim: sys.partitions has about as many rows as the table, counted in its heap or clustered index
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
-- covers: sqlserver.catalog.estimated_rows

CREATE TABLE dbo.T (A int NOT NULL PRIMARY KEY, B int NULL)
GO
CREATE INDEX B ON dbo.T (B)
GO
INSERT dbo.T VALUES (1, 1), (2, 2), (3, 3)
GO
SELECT SUM(p.rows) AS estimated FROM [$(database)].sys.partitions AS p
WHERE p.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND p.index_id IN (0, 1)
-- expect rows: estimated
--   3
