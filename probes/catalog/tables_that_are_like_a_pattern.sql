-- claim: LIKE with LOWER on both sides finds names whatever their case
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/like-transact-sql
-- covers: sqlserver.table_list.find_tables

CREATE SCHEMA Sales
GO
CREATE TABLE Sales.Orders (A int NOT NULL)
GO
CREATE TABLE Sales.Lines (A int NOT NULL)
GO
CREATE TABLE dbo.Orders (A int NOT NULL)
GO
SELECT s.name AS schema_name, t.name AS table_name
FROM [$(database)].sys.tables AS t
JOIN [$(database)].sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0 AND LOWER(s.name) = LOWER(N'SALES') AND LOWER(t.name) LIKE LOWER(N'Or%')
ORDER BY s.name, t.name
-- expect rows: schema_name, table_name
--   'Sales' | 'Orders'
