-- claim: Two tables of one name in a FROM clause are 1013
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-1000-to-1999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT 1 AS v FROM dbo.T, dbo.T
-- expect error 1013: The objects "%" and "%" in the FROM clause have the same exposed names. Use correlation names to
--   distinguish them.
