-- claim: A table without (max) columns has pages of rows in use, and no unit of large values
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-allocation-units-transact-sql
-- covers: sqlserver.row_widths

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V varchar(9) NULL)
INSERT INTO dbo.T VALUES (1, 'x')
GO
SELECT COUNT(CASE WHEN r.used_pages > 0 THEN 1 END) AS in_row, COUNT(l.container_id) AS large,
  COUNT(CASE WHEN l.total_pages > 0 THEN 1 END) AS large_used,
  (SELECT COUNT(*) FROM [$(database)].sys.columns AS c WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
    AND c.max_length = -1 AND (c.is_computed = 1 OR c.is_filestream = 1)) AS elsewhere
FROM [$(database)].sys.partitions AS p
JOIN [$(database)].sys.indexes AS i ON i.object_id = p.object_id AND i.index_id = p.index_id
LEFT JOIN [$(database)].sys.allocation_units AS r
  ON r.container_id = p.hobt_id AND r.type_desc = 'IN_ROW_DATA'
LEFT JOIN [$(database)].sys.allocation_units AS l
  ON l.container_id = p.partition_id AND l.type_desc = 'LOB_DATA'
WHERE p.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND i.type_desc IN ('HEAP', 'CLUSTERED')
-- expect rows: in_row, large, large_used, elsewhere
--   1 | 0 | 0 | 0
