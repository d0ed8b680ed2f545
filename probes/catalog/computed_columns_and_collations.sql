-- claim: A column says whether it is computed, and its collation
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql
-- covers: sqlserver.details.read_details

CREATE TABLE dbo.T (A int NULL, B AS A + 1, C varchar(9) COLLATE Latin1_General_BIN2 NULL)
GO
SELECT c.name AS column_name, c.is_computed AS is_computed, c.collation_name AS collation
FROM [$(database)].sys.columns AS c WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
ORDER BY c.column_id
-- expect rows: column_name, is_computed, collation
--   'A' | 0 | NULL
--   'B' | 1 | NULL
--   'C' | 0 | 'Latin1_General_BIN2'
