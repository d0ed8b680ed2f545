-- claim: DENY wins over GRANT: SELECT fails with 229
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/deny-transact-sql
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL)
CREATE USER Reader WITHOUT LOGIN
GRANT SELECT ON SCHEMA::dbo TO Reader
DENY SELECT ON dbo.T TO Reader
GO
EXECUTE AS USER = N'Reader'
GO
SELECT t.A AS a FROM dbo.T AS t
-- expect error 229: The SELECT permission was denied on the object 'T', database '%', schema 'dbo'.
REVERT
