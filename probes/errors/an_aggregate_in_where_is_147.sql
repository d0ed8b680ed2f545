-- claim: An aggregate in WHERE is 147
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT A FROM dbo.T WHERE COUNT(*) > 1
-- expect error 147: An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING
--   clause or a select list, and the column being aggregated is an outer reference.
