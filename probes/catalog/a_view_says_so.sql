-- claim: sys.views holds views, and sys.tables does not
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-views-transact-sql
-- covers: sqlserver.protection.read_traits

CREATE VIEW dbo.T AS SELECT 1 AS A
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
--   0 | 0 | 1
