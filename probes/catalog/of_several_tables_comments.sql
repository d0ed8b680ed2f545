-- claim: Comments of several tables are asked for at once
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/extended-properties-catalog-views-sys-extended-properties
-- covers: sqlserver

CREATE TABLE dbo.T (ID bigint IDENTITY(5, 2) NOT NULL CONSTRAINT PK_T PRIMARY KEY,
  V nvarchar(9) COLLATE Latin1_General_CI_AS NULL DEFAULT N'x', W AS ID * 2)
CREATE TABLE dbo.U (ID int NOT NULL, M varchar(9) COLLATE Cyrillic_General_CI_AS
  MASKED WITH (FUNCTION = 'default()') NULL)
INSERT INTO dbo.U VALUES (1, 'a'), (2, 'b')
GO
EXEC sys.sp_addextendedproperty N'MS_Description', N'A table', N'SCHEMA', N'dbo', N'TABLE', N'U'
GO
SELECT w.place AS place, p.minor_id AS minor, c.name AS column_name, CAST(p.value AS nvarchar(max)) AS comment
FROM (VALUES (0, OBJECT_ID(N'[$(database)].[dbo].[T]')),
  (1, OBJECT_ID(N'[$(database)].[dbo].[U]'))) AS w (place, id)
CROSS JOIN [$(database)].sys.extended_properties AS p
LEFT JOIN [$(database)].sys.columns AS c ON c.object_id = p.major_id AND c.column_id = p.minor_id
WHERE p.class = 1 AND p.name = N'MS_Description' AND p.major_id = w.id
-- expect rows in any order: place, minor, column_name, comment
--   1 | 0 | NULL | 'A table'
