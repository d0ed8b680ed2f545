-- claim: COLLATIONPROPERTY gives the code page of a collation; 65001 is UTF-8
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/collation-functions-collationproperty-transact-sql
-- since: 2019
-- covers: sqlserver.code_pages.read_code_pages

CREATE TABLE dbo.T (A varchar(9) COLLATE Latin1_General_CI_AS, B varchar(9) COLLATE Cyrillic_General_CI_AS, C
  varchar(9) COLLATE Japanese_CI_AS, D varchar(9) COLLATE Chinese_PRC_CI_AS, E varchar(9) COLLATE
  Korean_Wansung_CI_AS, F varchar(9) COLLATE Chinese_Taiwan_Stroke_CI_AS, G varchar(9) COLLATE
  Latin1_General_100_CI_AS_SC_UTF8)
GO
SELECT c.name AS column_name, CAST(COLLATIONPROPERTY(c.collation_name, 'CodePage') AS int)
  AS code_page
FROM [$(database)].sys.columns AS c
WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND c.collation_name IS NOT NULL
ORDER BY c.column_id
-- expect rows: column_name, code_page
--   'A' | 1252
--   'B' | 1251
--   'C' | 932
--   'D' | 936
--   'E' | 949
--   'F' | 950
--   'G' | 65001
