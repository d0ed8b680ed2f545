-- claim: A database without tables has no row there
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-objects-transact-sql
-- covers: sqlserver.table_list.match_tables

SELECT s.name AS schema_name, o.name AS table_name, o.type AS kind,
  DATEDIFF(SECOND, o.create_date, GETDATE()) AS age, CASE WHEN s.name LIKE N'dbo' ESCAPE N'\' AND o.name LIKE N'%' ESCAPE N'\' THEN 1
  ELSE 0 END AS matches_0
FROM [$(database)].sys.objects AS o
JOIN [$(database)].sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND NOT EXISTS (
  SELECT 1 FROM [$(database)].sys.extended_properties AS p
  WHERE p.class = 1 AND p.major_id = o.object_id AND p.minor_id = 0
    AND p.name = 'microsoft_database_tools_support')
ORDER BY s.name, o.name
-- expect rows: schema_name, table_name, kind, age, matches_0
