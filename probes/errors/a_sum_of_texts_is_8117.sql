-- claim: SUM of a text is 8117
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT SUM(V) AS v FROM dbo.T
-- expect error 8117: Operand data type varchar is invalid for sum operator.
