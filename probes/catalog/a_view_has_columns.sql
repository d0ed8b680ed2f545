-- claim: A view has columns in sys.columns as a table has
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql
-- covers: sqlserver.catalog.read_schema

CREATE TABLE dbo.Base (A int NOT NULL, B nvarchar(9) NULL)
GO
CREATE VIEW dbo.T AS SELECT A, B FROM dbo.Base
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
--   'B' | 'nvarchar' | 'nvarchar' | 0 | 18 | 0 | 0 | 1
