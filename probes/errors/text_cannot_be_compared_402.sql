-- claim: A text column compared with = is 402
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT A FROM dbo.T WHERE B = 'x'
-- expect error 402: The data types text and varchar are incompatible in the equal to operator.
