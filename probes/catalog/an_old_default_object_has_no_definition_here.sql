-- claim: A default that is bound with sp_bindefault is no constraint: its definition is NULL here
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-default-constraints-transact-sql
-- covers: sqlserver.details.read_details

CREATE DEFAULT dbo.Five AS 5
GO
CREATE TABLE dbo.T (A int NULL)
GO
EXEC sp_bindefault N'dbo.Five', N'dbo.T.A'
GO
SELECT c.name AS column_name, d.definition AS definition
FROM [$(database)].sys.columns AS c
LEFT JOIN [$(database)].sys.default_constraints AS d
  ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id
WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND c.default_object_id <> 0
-- expect rows: column_name, definition
--   'A' | NULL
