-- claim: Keys of datetime2(7) have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetime2-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K datetime2(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('0001-01-01T00:00:00', 1), ('2024-02-29T01:02:03.1234567', 2), ('9999-12-31T23:59:59.9999999', 3)
GO
SELECT CONVERT(varchar(27), t.[K], 126) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '0001-01-01T00:00:00.0000000'
--   '2024-02-29T01:02:03.1234567'
--   '9999-12-31T23:59:59.9999999'
