-- claim: A text column without COLLATE has the database's collation
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/collations
-- database: collation Latin1_General_100_BIN2
-- covers: sqlserver.table_key.read_key

CREATE TABLE dbo.T (A varchar(9) NULL)
GO
SELECT c.name AS column_name, c.collation_name AS collation
FROM [$(database)].sys.columns AS c WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
-- expect rows: column_name, collation
--   'A' | 'Latin1_General_100_BIN2'
