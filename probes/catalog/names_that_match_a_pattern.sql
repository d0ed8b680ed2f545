-- claim: LIKE with ESCAPE matches the wildcards and nothing else
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/like-transact-sql
-- covers: sqlserver.table_list.match_tables

CREATE TABLE dbo.a_b (A int NOT NULL)
GO
CREATE TABLE dbo.axb (A int NOT NULL)
GO
CREATE VIEW dbo.a_view AS SELECT 1 AS A
GO
SELECT m.table_name AS table_name, RTRIM(m.kind) AS kind, m.matches_0 AS literal, m.matches_1 AS wild FROM (
SELECT s.name AS schema_name, o.name AS table_name, o.type AS kind,
  DATEDIFF(SECOND, o.create_date, GETDATE()) AS age, CASE WHEN s.name LIKE N'dbo' ESCAPE N'\' AND o.name LIKE N'a\_b' ESCAPE N'\' THEN 1
  ELSE 0 END AS matches_0, CASE WHEN s.name LIKE N'%' ESCAPE N'\' AND o.name LIKE N'a_b' ESCAPE N'\' THEN 1
  ELSE 0 END AS matches_1
FROM [$(database)].sys.objects AS o
JOIN [$(database)].sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 AND NOT EXISTS (
  SELECT 1 FROM [$(database)].sys.extended_properties AS p
  WHERE p.class = 1 AND p.major_id = o.object_id AND p.minor_id = 0
    AND p.name = 'microsoft_database_tools_support')
) AS m ORDER BY m.table_name
-- expect rows: table_name, kind, literal, wild
--   'a_b' | 'U' | 1 | 1
--   'a_view' | 'V' | 0 | 0
--   'axb' | 'U' | 0 | 1
