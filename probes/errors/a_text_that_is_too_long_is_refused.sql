-- claim: A text that does not fit its column is refused, by 8152 before SQL Server 2019 and by 2628 since, which
--   quotes it
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-2000-to-2999
-- database: own
-- covers: sqlserver.messages.values

CREATE TABLE dbo.T (A varchar(3) NULL)
GO
INSERT INTO dbo.T VALUES ('abcdef')
-- expect error 8152 until 2017: String or binary data would be truncated.
-- expect error 2628 since 2019: String or binary data would be truncated in table '%', column 'A'. Truncated value: 'abc'.
