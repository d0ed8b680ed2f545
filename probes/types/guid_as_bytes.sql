-- claim: The first three groups of a uniqueidentifier are stored least significant byte first
-- page: https://learn.microsoft.com/en-us/sql/t-sql/data-types/uniqueidentifier-transact-sql
-- observed: The page gives the text form only; the order of the bytes is that of a GUID in Windows.

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V uniqueidentifier NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, '00112233-4455-6677-8899-AABBCCDDEEFF')
GO
SELECT CAST(t.[V] AS binary(16)) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   0x33221100554477668899AABBCCDDEEFF
