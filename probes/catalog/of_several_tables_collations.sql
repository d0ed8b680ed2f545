-- claim: Computed columns and collations of several tables are asked for at once
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql
-- covers: sqlserver

CREATE TABLE dbo.T (ID bigint IDENTITY(5, 2) NOT NULL CONSTRAINT PK_T PRIMARY KEY,
  V nvarchar(9) COLLATE Latin1_General_CI_AS NULL DEFAULT N'x', W AS ID * 2)
CREATE TABLE dbo.U (ID int NOT NULL, M varchar(9) COLLATE Cyrillic_General_CI_AS
  MASKED WITH (FUNCTION = 'default()') NULL)
INSERT INTO dbo.U VALUES (1, 'a'), (2, 'b')
GO
SELECT w.place AS place, c.name AS column_name, c.is_computed AS is_computed, c.collation_name AS collation
FROM (VALUES (0, OBJECT_ID(N'[$(database)].[dbo].[T]')),
  (1, OBJECT_ID(N'[$(database)].[dbo].[U]'))) AS w (place, id)
CROSS JOIN [$(database)].sys.columns AS c WHERE c.object_id = w.id
-- expect rows in any order: place, column_name, is_computed, collation
--   0 | 'ID' | 0 | NULL
--   0 | 'V' | 0 | 'Latin1_General_CI_AS'
--   0 | 'W' | 1 | NULL
--   1 | 'ID' | 0 | NULL
--   1 | 'M' | 0 | 'Cyrillic_General_CI_AS'
