-- claim: A grant to a user that does not exist is 15151
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-15000-to-15999
-- covers: sqlserver.messages.statements

GRANT CONNECT TO tableferry_nobody
-- expect error 15151: Cannot find the user 'tableferry_nobody', because it does not exist or you do not have permission.
