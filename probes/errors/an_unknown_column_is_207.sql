-- claim: A column that does not exist is 207
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-207-database-engine-error
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT t.nix AS v FROM dbo.T AS t
-- expect error 207: Invalid column name 'nix'.
