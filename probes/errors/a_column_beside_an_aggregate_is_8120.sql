-- claim: A column that is neither grouped nor aggregated is 8120
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
-- covers: sqlserver.messages.statements

CREATE TABLE dbo.T (A int NULL, B text NULL, X xml NULL, V varchar(9) NULL)
GO
SELECT A, COUNT(*) AS n FROM dbo.T
-- expect error 8120: Column '%' is invalid in the select list because it is not contained in either an aggregate
--   function or the GROUP BY clause.
