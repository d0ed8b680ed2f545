-- claim: Keys of datetime have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K datetime NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('1753-01-01T00:00:00', 1), ('2000-01-01T00:00:00.003', 2), ('9999-12-31T23:59:59.997', 3)
GO
SELECT CONVERT(varchar(27), t.[K], 126) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '1753-01-01T00:00:00'
--   '2000-01-01T00:00:00.003'
--   '9999-12-31T23:59:59.997'
