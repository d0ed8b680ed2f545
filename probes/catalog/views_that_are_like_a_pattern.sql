-- claim: Views are found by a pattern as tables are
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/like-transact-sql
-- covers: sqlserver.table_list

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V int NULL, R rowversion NOT NULL, T datetime2(7) NULL, N int NULL)
GO
SELECT s.name AS schema_name, t.name AS table_name
FROM [$(database)].sys.views AS t
JOIN [$(database)].sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0 AND LOWER(t.name) LIKE LOWER(N'C%')
ORDER BY s.name, t.name
-- expect rows: schema_name, table_name
