-- claim: The MS_Description of a column has its column id as minor id
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/extended-properties-catalog-views-sys-extended-properties
-- covers: sqlserver.details.read_details

CREATE TABLE dbo.T (A int NULL, B int NULL)
GO
EXEC sys.sp_addextendedproperty N'MS_Description', N'A column', N'SCHEMA', N'dbo', N'TABLE', N'T', N'COLUMN', N'B'
GO
SELECT p.minor_id AS minor, c.name AS column_name, CAST(p.value AS nvarchar(max)) AS comment
FROM [$(database)].sys.extended_properties AS p
LEFT JOIN [$(database)].sys.columns AS c ON c.object_id = p.major_id AND c.column_id = p.minor_id
WHERE p.class = 1 AND p.name = N'MS_Description' AND p.major_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
-- expect rows: minor, column_name, comment
--   2 | 'B' | 'A column'
