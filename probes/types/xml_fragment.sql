-- claim: An xml value may have several roots, or text alone
-- page: https://learn.microsoft.com/en-us/sql/t-sql/xml/xml-transact-sql

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V xml NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, N'<a/><b/>'), (2, N'text'), (3, N'')
GO
SELECT CAST(t.[V] AS nvarchar(max)) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '<a/><b/>'
--   'text'
--   ''
