-- claim: Keys of int have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K int NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-2147483648, 1), (0, 2), (2147483647, 3)
GO
SELECT CONVERT(varchar(20), t.[K]) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '-2147483648'
--   '0'
--   '2147483647'
