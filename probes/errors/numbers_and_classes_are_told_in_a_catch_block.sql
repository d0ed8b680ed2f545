-- claim: In a CATCH block number, class and state of the error can be asked for
-- page: https://learn.microsoft.com/en-us/sql/t-sql/functions/error-number-transact-sql

BEGIN TRY SELECT 1 / V AS v FROM (VALUES (0)) AS t (V) END TRY
BEGIN CATCH SELECT ERROR_NUMBER() AS number, ERROR_SEVERITY() AS class, ERROR_MESSAGE() AS text END CATCH
-- expect success
