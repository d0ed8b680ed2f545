-- claim: A table without (max) columns has pages of rows in use, and no unit of large values
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-allocation-units-transact-sql
-- covers: sqlserver.row_widths

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY, V varchar(9) NULL)
INSERT INTO dbo.T VALUES (1, 'x')
GO
SELECT COUNT(CASE WHEN a.type_desc = 'IN_ROW_DATA' AND a.used_pages > 0 THEN 1 END) AS in_row,
  COUNT(CASE WHEN a.type_desc = 'LOB_DATA' THEN 1 END) AS large,
  COUNT(CASE WHEN a.type_desc = 'LOB_DATA' AND a.total_pages > 0 THEN 1 END) AS large_used,
  (SELECT COUNT(*) FROM [$(database)].sys.columns AS c WHERE c.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]')
    AND c.is_computed = 1 AND c.max_length = -1) AS computed
FROM [$(database)].sys.partitions AS p
JOIN [$(database)].sys.indexes AS i ON i.object_id = p.object_id AND i.index_id = p.index_id
JOIN [$(database)].sys.allocation_units AS a
  ON a.container_id = CASE WHEN a.type_desc = 'LOB_DATA' THEN p.partition_id ELSE p.hobt_id END
WHERE p.object_id = OBJECT_ID(N'[$(database)].[dbo].[T]') AND i.type_desc IN ('HEAP', 'CLUSTERED')
-- expect rows: in_row, large, large_used, computed
--   1 | 0 | 0 | 0
