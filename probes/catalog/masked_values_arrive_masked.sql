-- claim: Who may not unmask gets the mask in place of the value, without an error
-- page: https://learn.microsoft.com/en-us/sql/relational-databases/security/dynamic-data-masking
-- covers: sqlserver.protection.read_protection

CREATE USER Reader WITHOUT LOGIN
GO
CREATE TABLE dbo.T (A nvarchar(9) MASKED WITH (FUNCTION = 'default()') NULL)
GO
INSERT dbo.T VALUES (N'secret')
GO
GRANT SELECT ON dbo.T TO Reader
GO
EXECUTE AS USER = N'Reader'
GO
SELECT t.A AS a FROM dbo.T AS t
-- expect rows: a
--   'xxxx'
GO
REVERT
