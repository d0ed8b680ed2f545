-- claim: Keys of smallint have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K smallint NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (-32768, 1), (-1, 2), (32767, 3)
GO
SELECT CONVERT(varchar(20), t.[K]) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '-32768'
--   '-1'
--   '32767'
