-- claim: Keys of money have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/money-and-smallmoney-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K money NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-922337203685477.5808, 1), (0.0001, 2), (922337203685477.5807, 3)
GO
SELECT CONVERT(varchar(30), t.[K], 2) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '-922337203685477.5808'
--   '0.0001'
--   '922337203685477.5807'
