-- claim: The rows of all partitions add up to those of the table
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
-- covers: sqlserver.catalog.estimated_rows

CREATE PARTITION FUNCTION Parts (int) AS RANGE LEFT FOR VALUES (10, 20)
GO
CREATE PARTITION SCHEME PartsScheme AS PARTITION Parts ALL TO ([PRIMARY])
GO
CREATE TABLE dbo.T (A int NOT NULL PRIMARY KEY) ON PartsScheme (A)
GO
INSERT dbo.T VALUES (1), (11), (12), (21)
GO
SELECT SUM(p.rows) AS estimated FROM [$(database)].sys.partitions AS p
WHERE p.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND p.index_id IN (0, 1)
-- expect rows: estimated
--   4
