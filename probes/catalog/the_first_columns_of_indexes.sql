-- claim: The first column of each index that is on and has no filter has the key ordinal 1
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-index-columns-transact-sql
-- covers: inspect.doctor.source_table

CREATE TABLE dbo.T (A int NOT NULL PRIMARY KEY, B int NULL, C int NULL)
GO
CREATE INDEX I ON dbo.T (B, C)
GO
CREATE INDEX J ON dbo.T (C) WHERE C > 1
GO
SELECT c.name AS column_name FROM [$(database)].sys.indexes AS i
JOIN [$(database)].sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN [$(database)].sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND k.key_ordinal = 1 AND i.is_disabled = 0
  AND i.has_filter = 0
ORDER BY c.name
-- expect rows: column_name
--   'A'
--   'B'
