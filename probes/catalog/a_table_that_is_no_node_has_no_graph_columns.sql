-- claim: Columns of an ordinary table have no graph type
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql
-- since: 2017
-- covers: sqlserver.protection.graph_columns

CREATE TABLE dbo.T (A int NOT NULL)
GO
SELECT c.name AS column_name, c.graph_type AS graph_type
FROM [$(database)].sys.columns AS c
WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND c.graph_type IN (1, 3, 4, 6, 7)
-- expect rows: column_name, graph_type
