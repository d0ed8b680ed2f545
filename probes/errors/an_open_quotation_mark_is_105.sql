-- claim: A text without its closing apostrophe is 105
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-0-to-999
-- covers: sqlserver.messages.statements

SELECT 'abc
-- expect error 105: Unclosed quotation mark after the character string 'abc'.
