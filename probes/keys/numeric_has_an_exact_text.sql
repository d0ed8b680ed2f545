-- claim: Keys of numeric have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/decimal-and-numeric-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K numeric(5,2) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-1.5, 1), (1.25, 2), (193.57, 3)
GO
SELECT CONVERT(varchar(41), t.[K]) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '-1.50'
--   '1.25'
--   '193.57'
