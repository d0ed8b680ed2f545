-- claim: Keys of tinyint have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/int-bigint-smallint-and-tinyint-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K tinyint NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (0, 1), (7, 2), (255, 3)
GO
SELECT CONVERT(varchar(20), t.[K]) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '0'
--   '7'
--   '255'
