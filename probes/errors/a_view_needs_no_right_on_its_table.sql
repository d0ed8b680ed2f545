-- claim: Who may read a view need not have a right on its table of the same owner
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/tutorial-ownership-chains-and-context-switching
-- observed: Ownership chaining; the page shows it with a procedure, and views follow the same rule

CREATE TABLE dbo.T (A int NULL)
INSERT INTO dbo.T VALUES (5)
CREATE USER Reader WITHOUT LOGIN
GO
CREATE VIEW dbo.W AS SELECT A FROM dbo.T
GO
GRANT SELECT ON dbo.W TO Reader
EXECUTE AS USER = N'Reader'
GO
SELECT w.A AS a FROM dbo.W AS w
-- expect rows: a
--   5
REVERT
