-- claim: A database without tables has no pages of tables
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-allocation-units-transact-sql
-- covers: sqlserver.table_list.find_tables

SELECT s.name AS schema_name, t.name AS table_name, SUM(a.total_pages) AS pages
FROM [$(database)].sys.tables AS t
JOIN [$(database)].sys.schemas AS s ON s.schema_id = t.schema_id
JOIN [$(database)].sys.partitions AS p ON p.object_id = t.object_id
JOIN [$(database)].sys.allocation_units AS a
  ON a.container_id = CASE WHEN a.type = 2 THEN p.partition_id ELSE p.hobt_id END
GROUP BY s.name, t.name
-- expect rows: schema_name, table_name, pages
