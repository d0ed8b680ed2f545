-- claim: The internal columns of a node table have the graph types 1 and the like, its pseudo column 2
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql
-- since: 2017
-- covers: sqlserver.protection.graph_columns

CREATE TABLE dbo.T (A int NOT NULL) AS NODE
GO
SELECT c.graph_type AS graph_type FROM sys.columns AS c
  WHERE c.object_id = OBJECT_ID(N'dbo.T') AND c.graph_type IS NOT NULL
ORDER BY c.graph_type
-- expect rows: graph_type
--   1
--   2
