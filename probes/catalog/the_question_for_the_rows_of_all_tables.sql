-- claim: A database without tables has no rows of tables
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql
-- covers: sqlserver.table_list.find_tables

SELECT s.name AS schema_name, t.name AS table_name, SUM(p.rows) AS row_count
FROM [$(database)].sys.tables AS t
JOIN [$(database)].sys.schemas AS s ON s.schema_id = t.schema_id
JOIN [$(database)].sys.partitions AS p ON p.object_id = t.object_id
WHERE p.index_id IN (0, 1)
GROUP BY s.name, t.name
-- expect rows: schema_name, table_name, row_count
