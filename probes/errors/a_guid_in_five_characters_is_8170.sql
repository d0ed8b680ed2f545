-- claim: A uniqueidentifier does not fit into char(5), 8170
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
-- covers: sqlserver.messages.values

SELECT CAST(CAST('00000000-0000-0000-0000-000000000001' AS uniqueidentifier) AS char(5)) AS v
-- expect error 8170: Insufficient result space to convert uniqueidentifier value to char.
