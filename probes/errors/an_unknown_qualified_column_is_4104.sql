-- claim: A column of a table that is not in the FROM clause is 4104
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT x.y AS v FROM dbo.T
-- expect error 4104: The multi-part identifier "x.y" could not be bound.
