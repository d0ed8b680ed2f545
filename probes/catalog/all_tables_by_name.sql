-- claim: sys.tables with sys.schemas lists the user tables, not the views
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-tables-transact-sql
-- covers: sqlserver.table_list.find_tables

CREATE SCHEMA Sales
GO
CREATE TABLE Sales.Orders (A int NOT NULL)
GO
CREATE TABLE dbo.T (A int NOT NULL)
GO
CREATE VIEW dbo.W AS SELECT 1 AS A
GO
SELECT s.name AS schema_name, t.name AS table_name
FROM [$(database)].sys.tables AS t
JOIN [$(database)].sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0
ORDER BY s.name, t.name
-- expect rows: schema_name, table_name
--   'dbo' | 'T'
--   'Sales' | 'Orders'
