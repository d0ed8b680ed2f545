-- claim: A uniqueidentifier is written in upper case, 36 characters
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/cast-and-convert-transact-sql
-- observed: The page shows the text in upper case without saying so.

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V uniqueidentifier NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, 'abcdef01-2345-6789-abcd-ef0123456789')
GO
SELECT CONVERT(char(36), t.[V]) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   'ABCDEF01-2345-6789-ABCD-EF0123456789'
