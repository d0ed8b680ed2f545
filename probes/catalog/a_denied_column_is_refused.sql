-- claim: SELECT of a column on which it was denied fails with 230
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/deny-object-permissions-transact-sql
-- covers: sqlserver.messages.statements

CREATE USER Reader WITHOUT LOGIN
GO
CREATE TABLE dbo.T (A int NULL, B int NULL)
GO
GRANT SELECT ON dbo.T TO Reader
GO
DENY SELECT ON dbo.T (B) TO Reader
GO
EXECUTE AS USER = N'Reader'
GO
SELECT t.B AS b FROM dbo.T AS t
-- expect error 230: The SELECT permission was denied on the column 'B' of the object 'T', database '%', schema 'dbo'.
GO
REVERT
