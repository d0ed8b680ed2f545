-- claim: Keys of time(7) have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/time-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K time(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('00:00:00', 1), ('12:00:00.0000001', 2), ('23:59:59.9999999', 3)
GO
SELECT CONVERT(varchar(16), t.[K], 121) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '00:00:00.0000000'
--   '12:00:00.0000001'
--   '23:59:59.9999999'
