-- claim: Masked columns of several tables are asked for at once
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-masked-columns-transact-sql
-- covers: sqlserver

CREATE TABLE dbo.T (ID bigint IDENTITY(5, 2) NOT NULL CONSTRAINT PK_T PRIMARY KEY,
  V nvarchar(9) COLLATE Latin1_General_CI_AS NULL DEFAULT N'x', W AS ID * 2)
CREATE TABLE dbo.U (ID int NOT NULL, M varchar(9) COLLATE Cyrillic_General_CI_AS
  MASKED WITH (FUNCTION = 'default()') NULL)
INSERT INTO dbo.U VALUES (1, 'a'), (2, 'b')
GO
SELECT w.place AS place, c.name AS column_name, c.is_masked AS is_masked,
  c.encryption_type AS encryption_type,
  CASE WHEN 1 IN (HAS_PERMS_BY_NAME(w.name, 'OBJECT', 'UNMASK', c.name, 'COLUMN'),
    HAS_PERMS_BY_NAME(w.name, 'OBJECT', 'UNMASK'),
    HAS_PERMS_BY_NAME(N'Shop', 'DATABASE', 'UNMASK'),
    HAS_PERMS_BY_NAME(N'[$(database)]', 'DATABASE', 'UNMASK')) THEN 1 ELSE 0 END AS may_unmask
FROM (VALUES (0, OBJECT_ID(N'[$(database)].[dbo].[T]'), N'[$(database)].[dbo].[T]'),
  (1, OBJECT_ID(N'[$(database)].[dbo].[U]'), N'[$(database)].[dbo].[U]')) AS w (place, id, name)
CROSS JOIN [$(database)].sys.columns AS c
WHERE c.object_id = w.id AND (c.is_masked = 1 OR c.encryption_type IS NOT NULL)
-- expect rows in any order: place, column_name, is_masked, encryption_type, may_unmask
--   1 | 'M' | 1 | NULL | 1
