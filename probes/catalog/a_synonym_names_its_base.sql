-- claim: sys.synonyms has the quoted name of what the synonym stands for
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-synonyms-transact-sql
-- covers: sqlserver.catalog.read_schema

CREATE SYNONYM dbo.T FOR dbo.Base
GO
SELECT s.base_object_name AS base FROM [$(database)].sys.synonyms AS s
WHERE s.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
-- expect rows: base
--   '[dbo].[Base]'
