-- claim: The base name of a synonym has as many parts as it was given
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-synonyms-transact-sql
-- covers: sqlserver.catalog.read_schema

CREATE SYNONYM dbo.T FOR Elsewhere.dbo.[a b]
GO
SELECT s.base_object_name AS base FROM [$(database)].sys.synonyms AS s
WHERE s.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
-- expect rows: base
--   '[Elsewhere].[dbo].[a b]'
