-- claim: The rows of all tables are counted by table, each once
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
-- covers: sqlserver.table_list.find_tables

CREATE TABLE dbo.T (A int NOT NULL PRIMARY KEY, B int NULL UNIQUE)
GO
CREATE TABLE dbo.U (A int NOT NULL)
GO
INSERT dbo.T VALUES (1, 1), (2, 2)
GO
SELECT s.table_name AS table_name, s.row_count AS row_count FROM (
SELECT s.name AS schema_name, t.name AS table_name, SUM(p.rows) AS row_count
FROM [$(database)].sys.tables AS t
JOIN [$(database)].sys.schemas AS s ON s.schema_id = t.schema_id
JOIN [$(database)].sys.partitions AS p ON p.object_id = t.object_id
WHERE p.index_id IN (0, 1)
GROUP BY s.name, t.name
) AS s ORDER BY s.table_name
-- expect rows: table_name, row_count
--   'T' | 2
--   'U' | 0
