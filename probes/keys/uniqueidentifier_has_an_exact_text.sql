-- claim: Keys of uniqueidentifier have exact texts, here in the order of the keys
-- page: https://learn.microsoft.com/en-us/sql/connect/ado-net/sql/compare-guid-uniqueidentifier-values
-- covers: model.literals.exact_text

CREATE TABLE dbo.T (K uniqueidentifier NOT NULL PRIMARY KEY, Place int NOT NULL)
GO
INSERT dbo.T VALUES ('FFFFFFFF-FFFF-FFFF-FFFF-000000000001', 1), ('00000000-0000-0000-0000-000000000002', 2), ('00000000-0000-0000-0000-010000000000', 3)
GO
SELECT CONVERT(char(36), t.[K]) AS k0 FROM dbo.T AS t ORDER BY t.[K]
-- expect rows: k0
--   'FFFFFFFF-FFFF-FFFF-FFFF-000000000001'
--   '00000000-0000-0000-0000-000000000002'
--   '00000000-0000-0000-0000-010000000000'
