-- claim: CREATE TABLE without the right is 262
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/create-table-transact-sql
-- covers: sqlserver.messages.statements

CREATE USER Reader WITHOUT LOGIN
EXECUTE AS USER = N'Reader'
GO
CREATE TABLE dbo.T (A int NULL)
-- expect error 262: CREATE TABLE permission denied in database '%'.
REVERT
