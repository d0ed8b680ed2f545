-- claim: Keys of bigint have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K bigint NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-9223372036854775808, 1), (4294967296, 2), (9223372036854775807, 3)
GO
SELECT CONVERT(varchar(20), t.[K]) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '-9223372036854775808'
--   '4294967296'
--   '9223372036854775807'
