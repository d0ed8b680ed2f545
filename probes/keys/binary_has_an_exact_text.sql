-- claim: Keys of binary have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/binary-and-varbinary-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K binary(4) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (0x00, 1), (0x0A, 2), (0xFF, 3)
GO
SELECT CONVERT(varchar(max), CAST(t.[K] AS varbinary(4)), 1) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '0x00000000'
--   '0x0A000000'
--   '0xFF000000'
