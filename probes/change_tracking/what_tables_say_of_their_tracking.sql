-- claim: One question has the versions of a table, when it was created and tracked, and its columns
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/change-tracking-catalog-views-sys-change-tracking-tables
-- database: own
-- database: CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking.read_tables

CREATE TABLE dbo.T (ID int NOT NULL CONSTRAINT PK_T PRIMARY KEY, V int NULL, W int NULL);
ALTER TABLE dbo.T ENABLE CHANGE_TRACKING
GO
EXEC [$(database)].sys.sp_executesql N'SELECT w.place AS place, CHANGE_TRACKING_MIN_VALID_VERSION(w.id) AS minimum,
  t.begin_version AS begun, t.cleanup_version AS cleaned,
  CONVERT(varchar(23), o.create_date, 121) AS created, CONVERT(varchar(23), j.create_date, 121) AS journal,
  c.column_id AS column_id, c.name AS column_name,
  c.system_type_id AS system_type, c.user_type_id AS user_type, c.max_length AS max_length,
  c.precision AS [precision], c.scale AS scale, c.is_nullable AS is_nullable,
  c.collation_name AS collation
FROM (VALUES (0, OBJECT_ID(N''[$(database)].[dbo].[T]''))) AS w (place, id)
LEFT JOIN sys.change_tracking_tables AS t ON t.object_id = w.id
LEFT JOIN sys.objects AS o ON o.object_id = w.id
LEFT JOIN sys.internal_tables AS j ON j.parent_id = w.id AND j.internal_type_desc = ''CHANGE_TRACKING''
LEFT JOIN sys.columns AS c ON c.object_id = w.id
ORDER BY w.place, c.column_id'
-- expect rows: place, minimum, begun, cleaned, created, journal, column_id, column_name, system_type, user_type, max_length, precision, scale, is_nullable, collation
--   0 | 0 | 0 | NULL | * | * | 1 | 'ID' | 56 | 56 | 4 | 10 | 0 | 0 | NULL
--   0 | 0 | 0 | NULL | * | * | 2 | 'V' | 56 | 56 | 4 | 10 | 0 | 1 | NULL
--   0 | 0 | 0 | NULL | * | * | 3 | 'W' | 56 | 56 | 4 | 10 | 0 | 1 | NULL
