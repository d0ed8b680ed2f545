-- claim: Policies and kinds of several tables are asked for at once
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-security-policies-transact-sql
-- covers: sqlserver

CREATE TABLE dbo.T (ID bigint IDENTITY(5, 2) NOT NULL CONSTRAINT PK_T PRIMARY KEY,
  V nvarchar(9) COLLATE Latin1_General_CI_AS NULL DEFAULT N'x', W AS ID * 2)
CREATE TABLE dbo.U (ID int NOT NULL, M varchar(9) COLLATE Cyrillic_General_CI_AS
  MASKED WITH (FUNCTION = 'default()') NULL)
INSERT INTO dbo.U VALUES (1, 'a'), (2, 'b')
GO
SELECT w.place AS place, (SELECT COUNT(*) FROM [$(database)].sys.security_predicates AS p
    JOIN [$(database)].sys.security_policies AS s ON s.object_id = p.object_id
    WHERE p.target_object_id = w.id AND s.is_enabled = 1
      AND p.predicate_type_desc = 'FILTER') AS policies,
  (SELECT COUNT(*) FROM [$(database)].sys.tables AS t
    WHERE t.object_id = w.id AND t.is_memory_optimized = 1) AS in_memory,
  (SELECT COUNT(*) FROM [$(database)].sys.views AS v WHERE v.object_id = w.id) AS views
FROM (VALUES (0, OBJECT_ID(N'[$(database)].[dbo].[T]')),
  (1, OBJECT_ID(N'[$(database)].[dbo].[U]'))) AS w (place, id)
-- expect rows in any order: place, policies, in_memory, views
--   0 | 0 | 0 | 0
--   1 | 0 | 0 | 0
