-- claim: USE of a database that does not exist is 911
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.databases

USE tableferry_no_such_database
-- expect error 911: Database 'tableferry_no_such_database' does not exist. Make sure that the name is entered
--   correctly.
