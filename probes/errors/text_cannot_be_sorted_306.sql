-- claim: ORDER BY of a text column is 306
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT A FROM dbo.T ORDER BY B
-- expect error 306: The text, ntext, and image data types cannot be compared or sorted, except when using IS NULL or
--   LIKE operator.
