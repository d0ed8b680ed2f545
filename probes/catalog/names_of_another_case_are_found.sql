-- claim: LOWER on both sides finds tables and views whose names differ by case alone
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-objects-transact-sql
-- database: collation Latin1_General_100_CS_AS
-- covers: sqlserver.catalog.read_schema

CREATE TABLE dbo.t (A int NOT NULL)
GO
SELECT s.name AS schema_name, o.name AS table_name FROM [$(database)].sys.objects AS o
JOIN [$(database)].sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND LOWER(s.name) = LOWER(N'dbo')
  AND LOWER(o.name) = LOWER(N'T')
ORDER BY s.name, o.name
-- expect rows: schema_name, table_name
--   'dbo' | 't'
