-- claim: With QUOTED_IDENTIFIER ON a name may stand in quotation marks
-- page: https://learn.microsoft.com/en-us/sql/t-sql/statements/set-quoted-identifier-transact-sql
-- covers: sqlserver.connection.connect

SET QUOTED_IDENTIFIER ON
GO
SELECT v."x y" AS v FROM (VALUES (1)) AS v ("x y")
-- expect rows: v
--   1
