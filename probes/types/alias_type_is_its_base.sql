-- claim: A column of an alias type is read and converted as its base type
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/create-type-transact-sql

CREATE TYPE dbo.Phone FROM nvarchar(20) NOT NULL
GO
CREATE TABLE dbo.T (V dbo.Phone);
INSERT dbo.T VALUES (N'я')
GO
SELECT CAST(t.[V] AS varbinary(max)) AS v FROM dbo.T AS t
-- expect rows: v
--   0x4F04
