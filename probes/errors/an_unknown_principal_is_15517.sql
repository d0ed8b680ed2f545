-- claim: EXECUTE AS of a user that does not exist is 15517
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/execute-as-transact-sql
-- covers: sqlserver.messages.statements

EXECUTE AS USER = N'tableferry_nobody'
-- expect error 15517: Cannot execute as the database principal because the principal "tableferry_nobody" does not exist,
--   this type of principal cannot be impersonated, or you do not have permission.
