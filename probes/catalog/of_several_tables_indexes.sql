-- claim: Indexes of several tables are asked for at once
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-indexes-transact-sql
-- covers: sqlserver

CREATE TABLE dbo.T (ID bigint IDENTITY(5, 2) NOT NULL CONSTRAINT PK_T PRIMARY KEY,
  V nvarchar(9) COLLATE Latin1_General_CI_AS NULL DEFAULT N'x', W AS ID * 2)
CREATE TABLE dbo.U (ID int NOT NULL, M varchar(9) COLLATE Cyrillic_General_CI_AS
  MASKED WITH (FUNCTION = 'default()') NULL)
INSERT INTO dbo.U VALUES (1, 'a'), (2, 'b')
GO
SELECT w.place AS place, i.name AS index_name, i.type_desc AS kind, i.is_unique AS is_unique,
  i.is_primary_key AS is_primary, i.is_disabled AS is_disabled,
  i.has_filter AS has_filter, i.filter_definition AS condition, c.name AS column_name,
  k.is_descending_key AS is_descending, k.is_included_column AS is_included
FROM (VALUES (0, OBJECT_ID(N'[$(database)].[dbo].[T]')),
  (1, OBJECT_ID(N'[$(database)].[dbo].[U]'))) AS w (place, id)
CROSS JOIN [$(database)].sys.indexes AS i
JOIN [$(database)].sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN [$(database)].sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = w.id AND i.is_hypothetical = 0
  AND (k.key_ordinal > 0 OR k.is_included_column = 1
    OR i.type_desc NOT IN ('CLUSTERED', 'NONCLUSTERED', 'NONCLUSTERED HASH'))
ORDER BY i.index_id, k.is_included_column, k.key_ordinal, k.index_column_id
-- expect rows in any order: place, index_name, kind, is_unique, is_primary, is_disabled, has_filter, condition, column_name, is_descending, is_included
--   0 | 'PK_T' | 'CLUSTERED' | 1 | 1 | 0 | 0 | NULL | 'ID' | 0 | 0
