-- claim: A login that does not exist is refused with 18456, which names it
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/mssqlserver-18456-database-engine-error
-- covers: sqlserver.messages.logins

-- session: b, login: tableferry_nobody
-- expect error 18456: Login failed for user 'tableferry_nobody'.
