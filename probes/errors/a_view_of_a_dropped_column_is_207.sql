-- claim: A view that reads a column which was dropped fails with 207 first
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-207-database-engine-error
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, V int NULL)
GO
CREATE VIEW dbo.W AS SELECT A, V FROM dbo.T
GO
ALTER TABLE dbo.T DROP COLUMN V
GO
SELECT A FROM dbo.W
-- expect error 207: Invalid column name 'V'.
