-- claim: ORDER BY of an xml column is 305
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT A FROM dbo.T ORDER BY X
-- expect error 305: The XML data type cannot be compared or sorted, except when using the IS NULL operator.
