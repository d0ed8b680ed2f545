-- claim: sys.identity_columns has seed and increment of the column's own type
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-identity-columns-transact-sql
-- covers: sqlserver.details.read_details

CREATE TABLE dbo.T (A bigint IDENTITY(-10, 5) NOT NULL)
GO
SELECT c.name AS column_name, CAST(c.seed_value AS varchar(40)) AS seed,
  CAST(c.increment_value AS varchar(40)) AS increment
FROM [$(database)].sys.identity_columns AS c WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
-- expect rows: column_name, seed, increment
--   'A' | '-10' | '5'
