-- claim: A computed column that divides by zero fails when it is read
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors-8000-to-8999
-- covers: sqlserver.messages.values

CREATE TABLE dbo.T (A int NOT NULL, B AS 1 / A)
GO
INSERT dbo.T (A) VALUES (0)
GO
SELECT t.B AS v FROM dbo.T AS t
-- expect error 8134: Divide by zero error encountered.
