-- claim: Keys of char have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/char-and-varchar-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K char(4) COLLATE Latin1_General_CI_AS NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('a', 1), ('B', 2), ('zz', 3)
GO
SELECT CONVERT(varchar(max), CAST(CAST(t.[K] AS nvarchar(4)) AS varbinary(8000)), 1) AS k0
FROM dbo.T AS t
ORDER BY t.[K]
-- expect rows: k0
--   '0x6100200020002000'
--   '0x4200200020002000'
--   '0x7A007A0020002000'
