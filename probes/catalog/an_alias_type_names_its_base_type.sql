-- claim: The type of a column of an alias type is found through system_type_id, whose type has
--   user_type_id = system_type_id
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-types-transact-sql
-- covers: sqlserver.catalog.read_schema

CREATE TYPE dbo.Phone FROM nvarchar(20) NOT NULL
GO
CREATE TABLE dbo.T (ID int NOT NULL, P dbo.Phone)
GO
SELECT c.name AS name, t.name AS declared, b.name AS base, c.max_length AS bytes
FROM sys.columns AS c
JOIN sys.types AS t ON t.user_type_id = c.user_type_id
JOIN sys.types AS b ON b.user_type_id = c.system_type_id
WHERE c.object_id = OBJECT_ID(N'dbo.T') ORDER BY c.column_id
-- expect rows: name, declared, base, bytes
--   'ID' | 'int' | 'int' | 4
--   'P' | 'Phone' | 'nvarchar' | 40
