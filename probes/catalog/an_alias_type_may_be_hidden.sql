-- claim: A right on the table does not show the alias type of its column, only the base type
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/security/metadata-visibility-configuration
-- covers: sqlserver.catalog.read_schema

CREATE USER Reader WITHOUT LOGIN
GO
CREATE TYPE dbo.Phone FROM nvarchar(20)
GO
CREATE TABLE dbo.T (A dbo.Phone NULL)
GO
GRANT SELECT ON dbo.T TO Reader
GO
EXECUTE AS USER = N'Reader'
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
--   'A' | NULL | 'nvarchar' | NULL | 40 | 0 | 0 | 1
GO
REVERT
