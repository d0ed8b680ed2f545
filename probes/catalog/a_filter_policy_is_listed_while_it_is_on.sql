-- claim: An enabled security policy with a filter predicate on the table is found, a disabled one is not
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-security-predicates-transact-sql
-- covers: sqlserver.protection.read_traits

CREATE TABLE dbo.T (A int NOT NULL)
GO
CREATE FUNCTION dbo.Shown(@a int) RETURNS TABLE WITH SCHEMABINDING AS RETURN SELECT 1 AS ok WHERE @a > 0
GO
CREATE SECURITY POLICY dbo.Policy ADD FILTER PREDICATE dbo.Shown(A) ON dbo.T WITH (STATE = ON)
GO
SELECT (SELECT COUNT(*) FROM [$(database)].sys.security_predicates AS p
    JOIN [$(database)].sys.security_policies AS s ON s.object_id = p.object_id
    WHERE p.target_object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND s.is_enabled = 1
      AND p.predicate_type_desc = 'FILTER') AS policies,
  (SELECT COUNT(*) FROM [$(database)].sys.tables AS t
    WHERE t.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND t.is_memory_optimized = 1) AS in_memory,
  (SELECT COUNT(*) FROM [$(database)].sys.views AS v
  WHERE v.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')) AS views
-- expect rows: policies, in_memory, views
--   1 | 0 | 0
GO
ALTER SECURITY POLICY dbo.Policy WITH (STATE = OFF)
GO
SELECT (SELECT COUNT(*) FROM [$(database)].sys.security_predicates AS p
    JOIN [$(database)].sys.security_policies AS s ON s.object_id = p.object_id
    WHERE p.target_object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND s.is_enabled = 1
      AND p.predicate_type_desc = 'FILTER') AS policies,
  (SELECT COUNT(*) FROM [$(database)].sys.tables AS t
    WHERE t.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND t.is_memory_optimized = 1) AS in_memory,
  (SELECT COUNT(*) FROM [$(database)].sys.views AS v
  WHERE v.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')) AS views
-- expect rows: policies, in_memory, views
--   0 | 0 | 0
