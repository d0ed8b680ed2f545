-- claim: A table without masked and encrypted columns has no row here
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql
-- covers: sqlserver.protection.read_protection

CREATE TABLE dbo.T (A int NOT NULL)
GO
SELECT c.name AS column_name, c.is_masked AS is_masked, c.encryption_type AS encryption_type,
  CASE WHEN 1 IN (HAS_PERMS_BY_NAME(N'[$(database)].[dbo].[T]', 'OBJECT', 'UNMASK', c.name, 'COLUMN'),
    HAS_PERMS_BY_NAME(N'[$(database)].[dbo].[T]', 'OBJECT', 'UNMASK'),
    HAS_PERMS_BY_NAME(N'$(database)', 'DATABASE', 'UNMASK'),
    HAS_PERMS_BY_NAME(N'[$(database)]', 'DATABASE', 'UNMASK')) THEN 1 ELSE 0 END AS may_unmask
FROM [$(database)].sys.columns AS c
WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND (c.is_masked = 1 OR c.encryption_type IS NOT NULL)
-- expect rows: column_name, is_masked, encryption_type, may_unmask
