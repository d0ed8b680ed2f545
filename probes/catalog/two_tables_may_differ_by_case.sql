-- claim: In a case-sensitive database two tables may have names that differ by case alone
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/databases/database-identifiers
-- database: collation Latin1_General_100_CS_AS

CREATE TABLE dbo.T (A int NOT NULL)
GO
CREATE TABLE dbo.t (B int NOT NULL)
GO
SELECT COUNT(*) AS tables FROM sys.tables AS t WHERE LOWER(t.name) = N't'
-- expect rows: tables
--   2
