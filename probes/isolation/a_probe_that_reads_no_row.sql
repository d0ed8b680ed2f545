-- claim: SELECT TOP (0) checks names and rights, and returns the columns without a row
-- page: https://learn.microsoft.com/en-us/sql/t-sql/queries/top-transact-sql
-- covers: sqlserver.facts.probe

CREATE TABLE dbo.T (ID int NOT NULL PRIMARY KEY)
INSERT INTO dbo.T VALUES (1)
GO
SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED; SELECT TOP (0)
  t.[ID] AS [id]
FROM [$(database)].[dbo].[T] AS t
-- expect rows: id
