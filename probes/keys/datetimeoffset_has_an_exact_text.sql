-- claim: Keys of datetimeoffset have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/datetimeoffset-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K datetimeoffset(7) NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('2024-01-01 02:00:00 +03:00', 1), ('2024-01-01 00:00:00 +00:00', 2), ('2024-01-01 00:00:00.0000001 -01:00', 3)
GO
SELECT CONVERT(varchar(34), t.[K], 121) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '2024-01-01 02:00:00.0000000 +03:00'
--   '2024-01-01 00:00:00.0000000 +00:00'
--   '2024-01-01 00:00:00.0000001 -01:00'
