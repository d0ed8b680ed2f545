-- The login that reads the source, with no right but that. For an administrator; sqlcmd runs it:
--   sqlcmd -S mctm.example.com -d master -i deploy/sql/sqlserver.sql
-- Change the password before, and the databases and tables to yours. Azure SQL Database has no USE:
-- there run each part in its own database.
CREATE LOGIN tableferry_reader WITH PASSWORD = 'change-me-1';
GO
USE McTM;
GO
CREATE USER tableferry_reader FOR LOGIN tableferry_reader;
-- Rows, and what the catalog says of the columns.
GRANT SELECT ON dbo.Customer TO tableferry_reader;
GRANT SELECT ON dbo.Module TO tableferry_reader;
-- Definitions of defaults and computed columns: for tables that tableferry is to create.
GRANT VIEW DEFINITION ON dbo.Customer TO tableferry_reader;
GRANT VIEW DEFINITION ON dbo.Module TO tableferry_reader;
GO
USE VoipDB;
GO
CREATE USER tableferry_reader FOR LOGIN tableferry_reader;
GRANT SELECT ON dbo.Customer TO tableferry_reader;
GRANT SELECT ON dbo.UserAgent TO tableferry_reader;
GRANT VIEW DEFINITION ON dbo.Customer TO tableferry_reader;
GRANT VIEW DEFINITION ON dbo.UserAgent TO tableferry_reader;
GO
-- Worth having, and yours to decide: then a table is read as it was at one moment, and nobody waits.
--   ALTER DATABASE McTM SET ALLOW_SNAPSHOT_ISOLATION ON;
--   ALTER DATABASE VoipDB SET ALLOW_SNAPSHOT_ISOLATION ON;
