-- claim: Keys of smallmoney have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/money-and-smallmoney-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K smallmoney NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-214748.3648, 1), (0.1000, 2), (214748.3647, 3)
GO
SELECT CONVERT(varchar(30), t.[K], 2) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '-214748.3648'
--   '0.1000'
--   '214748.3647'
