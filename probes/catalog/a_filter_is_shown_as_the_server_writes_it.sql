-- claim: A filter is shown with brackets and parentheses of the server's own
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-indexes-transact-sql
-- observed: The page says that it is an expression; its form was seen on SQL Server.
-- covers: sqlserver.details.read_details

CREATE TABLE dbo.T (A int NOT NULL, B int NULL)
GO
CREATE INDEX I ON dbo.T (A) WHERE B > 3 AND A IS NOT NULL
GO
SELECT i.name AS index_name, i.type_desc AS kind, i.is_unique AS is_unique,
  i.is_primary_key AS is_primary, i.is_disabled AS is_disabled,
  i.has_filter AS has_filter, i.filter_definition AS condition, c.name AS column_name,
  k.is_descending_key AS is_descending, k.is_included_column AS is_included
FROM [$(database)].sys.indexes AS i
JOIN [$(database)].sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN [$(database)].sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND i.is_hypothetical = 0
  AND (k.key_ordinal > 0 OR k.is_included_column = 1
    OR i.type_desc NOT IN ('CLUSTERED', 'NONCLUSTERED', 'NONCLUSTERED HASH'))
ORDER BY i.index_id, k.is_included_column, k.key_ordinal, k.index_column_id
-- expect rows: index_name, kind, is_unique, is_primary, is_disabled, has_filter, condition, column_name, is_descending, is_included
--   'I' | 'NONCLUSTERED' | 0 | 0 | 0 | 1 | '([B]>(3) AND [A] IS NOT NULL)' | 'A' | 0 | 0
