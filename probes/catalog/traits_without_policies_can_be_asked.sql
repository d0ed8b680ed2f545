-- claim: The question without security policies has the same answer
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-tables-transact-sql
-- covers: sqlserver.protection.read_traits

CREATE VIEW dbo.T AS SELECT 1 AS A
GO
SELECT (SELECT COUNT(*) FROM [$(database)].sys.tables AS t
    WHERE t.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND t.is_memory_optimized = 1) AS in_memory,
  (SELECT COUNT(*) FROM [$(database)].sys.views AS v
  WHERE v.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')) AS views
-- expect rows: in_memory, views
--   0 | 1
