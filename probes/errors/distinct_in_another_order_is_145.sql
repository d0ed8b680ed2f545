-- claim: ORDER BY of what SELECT DISTINCT does not select is 145
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT DISTINCT A FROM dbo.T ORDER BY V
-- expect error 145: ORDER BY items must appear in the select list if SELECT DISTINCT is specified.
