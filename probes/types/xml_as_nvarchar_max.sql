-- claim: An xml value becomes text without a declaration
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/xml/define-the-serialization-of-xml-data

CREATE TABLE dbo.T (Place int NOT NULL PRIMARY KEY, V xml NULL)
GO
INSERT dbo.T (Place, V) VALUES (1, N'<?xml version="1.0"?><a b="1"><c>d</c></a>'), (2, N'<a></a>')
GO
SELECT CAST(t.[V] AS nvarchar(max)) AS v FROM dbo.T AS t ORDER BY t.Place
-- expect rows: v
--   '<a b="1"><c>d</c></a>'
--   '<a/>'
