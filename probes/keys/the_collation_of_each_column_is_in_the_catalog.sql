-- claim: sys.columns names the collation of each text column, and NULL for others
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-columns-transact-sql
-- covers: sqlserver.table_key.read_key

CREATE TABLE dbo.T (A varchar(9) COLLATE Cyrillic_General_CI_AS, B nchar(4) COLLATE Latin1_General_100_BIN2, C int)
GO
SELECT c.name AS column_name, c.collation_name AS collation
FROM [$(database)].sys.columns AS c WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
-- expect rows in any order: column_name, collation
--   'A' | 'Cyrillic_General_CI_AS'
--   'B' | 'Latin1_General_100_BIN2'
--   'C' | NULL
