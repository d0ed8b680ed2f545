-- claim: Keys of decimal have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K decimal(9,4) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-0.5, 1), (0, 2), (12345.6789, 3)
GO
SELECT CONVERT(varchar(41), t.[K]) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '-0.5000'
--   '0.0000'
--   '12345.6789'
