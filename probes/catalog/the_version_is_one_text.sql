-- claim: @@VERSION is one text
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/version-transact-sql-configuration-functions
-- covers: sqlserver.facts

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SELECT @@VERSION AS version
-- expect rows: version
--   *
