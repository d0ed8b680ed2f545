-- claim: Keys of smalldatetime have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/smalldatetime-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K smalldatetime NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('1900-01-01T00:00:00', 1), ('2000-01-01T12:30:00', 2), ('2079-06-06T23:59:00', 3)
GO
SELECT CONVERT(varchar(27), t.[K], 126) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '1900-01-01T00:00:00'
--   '2000-01-01T12:30:00'
--   '2079-06-06T23:59:00'
