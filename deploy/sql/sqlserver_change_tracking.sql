-- Lets the login of sqlserver.sql read what has changed ('mode': 'change_tracking'). Run it after that
-- script, as an administrator:
--   sqlcmd -S mctm.example.com -d master -i deploy/sql/sqlserver_change_tracking.sql
-- Azure SQL Database has no USE and no msdb: run each section in its own database there.
-- What this costs, and how long changes should be kept: docs/incremental.md, "For the DBA".
ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON;
ALTER DATABASE McTM SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 7 DAYS, AUTO_CLEANUP = ON);
ALTER DATABASE VoipDB SET ALLOW_SNAPSHOT_ISOLATION ON;
ALTER DATABASE VoipDB SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 7 DAYS, AUTO_CLEANUP = ON);
GO
USE McTM;
GO
ALTER TABLE dbo.Customer ENABLE CHANGE_TRACKING;
ALTER TABLE dbo.Module ENABLE CHANGE_TRACKING;
-- The keys of changed and deleted rows. SELECT on the table, which sqlserver.sql grants, is needed too.
GRANT VIEW CHANGE TRACKING ON dbo.Customer TO tableferry_reader;
GRANT VIEW CHANGE TRACKING ON dbo.Module TO tableferry_reader;
GO
USE VoipDB;
GO
ALTER TABLE dbo.Customer ENABLE CHANGE_TRACKING;
ALTER TABLE dbo.UserAgent ENABLE CHANGE_TRACKING;
GRANT VIEW CHANGE TRACKING ON dbo.Customer TO tableferry_reader;
GRANT VIEW CHANGE TRACKING ON dbo.UserAgent TO tableferry_reader;
GO
-- To notice that a database was restored. This section may be left out; then the recovery fork of
-- sys.database_recovery_status tells, which a login with VIEW ANY DATABASE sees (every login has it
-- unless it was revoked), and where that is not visible, only a version that has gone back.
USE msdb;
GO
CREATE USER tableferry_reader FOR LOGIN tableferry_reader;
GRANT SELECT ON dbo.restorehistory TO tableferry_reader;
GO
-- The modes 'rowversion' and 'watermark' need nothing but the SELECT that sqlserver.sql grants.
