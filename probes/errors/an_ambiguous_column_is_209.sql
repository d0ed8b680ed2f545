-- claim: A column that two tables of the FROM clause have is 209
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT A AS v FROM dbo.T AS t, dbo.T AS u
-- expect error 209: Ambiguous column name 'A'.
