-- claim: A view that reads a table which was dropped fails with 208 first
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-208-database-engine-error
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL)
GO
CREATE VIEW dbo.W AS SELECT A FROM dbo.T
GO
DROP TABLE dbo.T
GO
SELECT A FROM dbo.W
-- expect error 208: Invalid object name 'dbo.T'.
