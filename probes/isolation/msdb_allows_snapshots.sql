-- claim: msdb allows SNAPSHOT, so a snapshot transaction may read the history of restores
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/databases/msdb-database
-- database: ALLOW_SNAPSHOT_ISOLATION ON
-- covers: modes.tracking

SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRANSACTION
GO
SELECT CASE WHEN COUNT(*) >= 0 THEN 1 ELSE 0 END AS readable FROM msdb.dbo.restorehistory AS h
-- expect rows: readable
--   1
COMMIT TRANSACTION
