-- claim: Keys of nvarchar have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/nchar-and-nvarchar-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K nvarchar(10) COLLATE Latin1_General_100_CI_AS NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES (N'', 1), (N'a', 2), (N'я', 3)
GO
SELECT CONVERT(varchar(max), CAST(t.[K] AS varbinary(8000)), 1) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '0x'
--   '0x6100'
--   '0x4F04'
