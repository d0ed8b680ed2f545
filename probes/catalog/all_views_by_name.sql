-- claim: sys.views lists the user views, not the tables
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-views-transact-sql
-- covers: sqlserver.table_list.find_tables

CREATE TABLE dbo.T (A int NOT NULL)
GO
CREATE VIEW dbo.W AS SELECT 1 AS A
GO
SELECT s.name AS schema_name, t.name AS table_name
FROM [$(database)].sys.views AS t
JOIN [$(database)].sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0
ORDER BY s.name, t.name
-- expect rows: schema_name, table_name
--   'dbo' | 'W'
