-- claim: SELECT without the right fails with 229, which names right, object, database and schema
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL)
CREATE USER Reader WITHOUT LOGIN
GO
EXECUTE AS USER = N'Reader'
GO
SELECT t.A AS a FROM dbo.T AS t
-- expect error 229: The SELECT permission was denied on the object 'T', database '%', schema 'dbo'.
REVERT
