-- claim: Columns of several tables are asked for at once, each with the place of its table
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql
-- covers: sqlserver

CREATE TABLE dbo.T (ID bigint IDENTITY(5, 2) NOT NULL CONSTRAINT PK_T PRIMARY KEY,
  V nvarchar(9) COLLATE Latin1_General_CI_AS NULL DEFAULT N'x', W AS ID * 2)
CREATE TABLE dbo.U (ID int NOT NULL, M varchar(9) COLLATE Cyrillic_General_CI_AS
  MASKED WITH (FUNCTION = 'default()') NULL)
INSERT INTO dbo.U VALUES (1, 'a'), (2, 'b')
GO
SELECT w.place AS place, c.name AS column_name, t.name AS type_name, b.name AS base_name,
  t.is_user_defined AS is_user_defined,
  c.max_length AS max_length, c.precision AS [precision], c.scale AS scale,
  c.is_nullable AS is_nullable
FROM (VALUES (0, OBJECT_ID(N'[$(database)].[dbo].[T]')),
  (1, OBJECT_ID(N'[$(database)].[dbo].[U]'))) AS w (place, id)
CROSS JOIN [$(database)].sys.columns AS c
LEFT JOIN [$(database)].sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN [$(database)].sys.types AS b ON b.user_type_id = c.system_type_id
WHERE c.object_id = w.id
ORDER BY c.column_id
-- expect rows in any order: place, column_name, type_name, base_name, is_user_defined, max_length, precision, scale, is_nullable
--   1 | 'ID' | 'int' | 'int' | 0 | 4 | 10 | 0 | 0
--   0 | 'ID' | 'bigint' | 'bigint' | 0 | 8 | 19 | 0 | 0
--   1 | 'M' | 'varchar' | 'varchar' | 0 | 9 | 0 | 0 | 1
--   0 | 'V' | 'nvarchar' | 'nvarchar' | 0 | 18 | 0 | 0 | 1
--   0 | 'W' | 'bigint' | 'bigint' | 0 | 8 | 19 | 0 | 1
