-- Creates the login that reads the source, with the least privileges. Run as an administrator:
--   sqlcmd -S mctm.example.com -d master -i deploy/sql/sqlserver.sql
-- Change the password, the databases and the tables first. Azure SQL Database has no USE: run each
-- section in its own database there.
CREATE LOGIN tableferry_reader WITH PASSWORD = 'change-me-1';
GO
USE McTM;
GO
CREATE USER tableferry_reader FOR LOGIN tableferry_reader;
-- Rows, and the catalog's metadata of the columns.
GRANT SELECT ON dbo.Customer TO tableferry_reader;
GRANT SELECT ON dbo.Module TO tableferry_reader;
-- Definitions of defaults and computed columns, for tables that tableferry will create.
GRANT VIEW DEFINITION ON dbo.Customer TO tableferry_reader;
GRANT VIEW DEFINITION ON dbo.Module TO tableferry_reader;
-- Or for every table of a schema, those to come included:
--   GRANT SELECT, VIEW DEFINITION ON SCHEMA::Sales TO tableferry_reader;
GO
USE VoipDB;
GO
CREATE USER tableferry_reader FOR LOGIN tableferry_reader;
GRANT SELECT ON dbo.Customer TO tableferry_reader;
GRANT SELECT ON dbo.UserAgent TO tableferry_reader;
GRANT VIEW DEFINITION ON dbo.Customer TO tableferry_reader;
GRANT VIEW DEFINITION ON dbo.UserAgent TO tableferry_reader;
GO
-- Optional but recommended: tables are then read as of one point in time, without blocking writers.
--   ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON;
--   ALTER DATABASE VoipDB SET ALLOW_SNAPSHOT_ISOLATION ON;
