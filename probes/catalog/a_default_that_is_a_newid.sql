-- claim: A default NEWID() is shown as (newid())
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-default-constraints-transact-sql
-- observed: The page says that it is an expression; its form was seen on SQL Server.
-- covers: sqlserver.details.read_details

CREATE TABLE dbo.T (A uniqueidentifier NULL DEFAULT NEWID())
GO
SELECT c.name AS column_name, d.definition AS definition
FROM [$(database)].sys.columns AS c
LEFT JOIN [$(database)].sys.default_constraints AS d
  ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id
WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND c.default_object_id <> 0
-- expect rows: column_name, definition
--   'A' | '(newid())'
