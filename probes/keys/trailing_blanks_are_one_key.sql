-- claim: A key that differs from another by trailing blanks alone is refused as a duplicate (2627)
-- page: https://learn.microsoft.com/en-us/sql/t-sql/language-elements/string-comparison-assignment
-- covers: planning.key_spellings

CREATE TABLE dbo.T (K varchar(9) NOT NULL CONSTRAINT PK_T PRIMARY KEY)
INSERT INTO dbo.T VALUES ('a')
GO
INSERT INTO dbo.T VALUES ('a ')
-- expect error 2627: Violation of PRIMARY KEY constraint 'PK_T'. Cannot insert duplicate key in object 'dbo.T'. The
--   duplicate key value is (a ).
