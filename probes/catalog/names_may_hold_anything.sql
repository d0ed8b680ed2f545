-- claim: A column name may hold brackets, apostrophes, blanks and letters of any script
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/databases/database-identifiers
-- covers: sqlserver.catalog.read_schema

CREATE TABLE dbo.T ([a]]b] int NULL, [it's] int NULL, [ x ] int NULL, [Größe я] int NULL)
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
--   'a]b' | 'int' | 'int' | 0 | 4 | 10 | 0 | 1
--   'it''s' | 'int' | 'int' | 0 | 4 | 10 | 0 | 1
--   ' x ' | 'int' | 'int' | 0 | 4 | 10 | 0 | 1
--   'Größe я' | 'int' | 'int' | 0 | 4 | 10 | 0 | 1
