-- claim: Identity columns of several tables are asked for at once
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-identity-columns-transact-sql
-- covers: sqlserver

CREATE TABLE dbo.T (ID bigint IDENTITY(5, 2) NOT NULL CONSTRAINT PK_T PRIMARY KEY,
  V nvarchar(9) COLLATE Latin1_General_CI_AS NULL DEFAULT N'x', W AS ID * 2)
CREATE TABLE dbo.U (ID int NOT NULL, M varchar(9) COLLATE Cyrillic_General_CI_AS
  MASKED WITH (FUNCTION = 'default()') NULL)
INSERT INTO dbo.U VALUES (1, 'a'), (2, 'b')
GO
SELECT w.place AS place, c.name AS column_name, CAST(c.seed_value AS varchar(40)) AS seed,
  CAST(c.increment_value AS varchar(40)) AS increment
FROM (VALUES (0, OBJECT_ID(N'[$(database)].[dbo].[T]')),
  (1, OBJECT_ID(N'[$(database)].[dbo].[U]'))) AS w (place, id)
CROSS JOIN [$(database)].sys.identity_columns AS c WHERE c.object_id = w.id
-- expect rows in any order: place, column_name, seed, increment
--   0 | 'ID' | '5' | '2'
