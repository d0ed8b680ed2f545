-- claim: With VIEW DEFINITION on the table the expression of a default is shown
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/security/metadata-visibility-configuration
-- covers: sqlserver.details.read_details

CREATE USER Reader WITHOUT LOGIN
GO
CREATE TABLE dbo.T (A int NULL DEFAULT 5)
GO
GRANT VIEW DEFINITION ON dbo.T TO Reader
GO
EXECUTE AS USER = N'Reader'
GO
SELECT c.name AS column_name, d.definition AS definition
FROM [$(database)].sys.columns AS c
LEFT JOIN [$(database)].sys.default_constraints AS d
  ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id
WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND c.default_object_id <> 0
-- expect rows: column_name, definition
--   'A' | '((5))'
GO
REVERT
