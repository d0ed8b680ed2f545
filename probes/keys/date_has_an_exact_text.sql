-- claim: Keys of date have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/date-transact-sql
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K date NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('0001-01-01', 1), ('2024-02-29', 2), ('9999-12-31', 3)
GO
SELECT CONVERT(char(10), t.[K], 23) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   '0001-01-01'
--   '2024-02-29'
--   '9999-12-31'
