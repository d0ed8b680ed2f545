-- claim: A computed column is listed with the type of its expression
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/tables/specify-computed-columns-in-a-table
-- covers: sqlserver.catalog.read_schema

CREATE TABLE dbo.T (A int NOT NULL, B AS A * CAST(2 AS bigint))
GO
SELECT c.name AS column_name, t.name AS type_name, b.name AS base_name,
  t.is_user_defined AS is_user_defined,
  c.max_length AS max_length, c.precision AS [precision], c.scale AS scale,
  c.is_nullable AS is_nullable
FROM [$(database)].sys.columns AS c
LEFT JOIN [$(database)].sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN [$(database)].sys.types AS b ON b.user_type_id = c.system_type_id
WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
ORDER BY c.column_id
-- expect rows: column_name, type_name, base_name, is_user_defined, max_length, precision, scale, is_nullable
--   'A' | 'int' | 'int' | 0 | 4 | 10 | 0 | 0
--   'B' | 'bigint' | 'bigint' | 0 | 8 | 19 | 0 | 1
