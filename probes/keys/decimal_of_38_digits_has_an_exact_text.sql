-- claim: Keys of decimal of 38 digits have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K decimal(38,0) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-99999999999999999999999999999999999999, 1), (1, 2), (99999999999999999999999999999999999999, 3)
GO
SELECT CONVERT(varchar(41), t.[K]) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '-99999999999999999999999999999999999999'
--   '1'
--   '99999999999999999999999999999999999999'
