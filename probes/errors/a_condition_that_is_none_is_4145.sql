-- claim: A number where a condition has to be is 4145
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-4000-to-4999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT A FROM dbo.T WHERE (A) AND 1 = 1
-- expect error 4145: An expression of non-boolean type specified in a context where a condition is expected, near
--   '%'.
