"""Messages about the statement itself: names, syntax, types, rights, other servers, encryption."""

from typing import Final

from tableferry.errors import ConfigError, SchemaError, TransientError
from tableferry.sqlserver.messages.known import AGAIN, KnownMessage, messages

_WHERE: Final = "Check 'where' in the configuration, and the view's definition."
_VIEW: Final = "The view or a computed column no longer fits what it reads: correct it there."

STATEMENTS: Final[tuple[KnownMessage, ...]] = (
    *messages(
        SchemaError,
        "Check 'sql_table' and 'where' in the configuration.",
        "208 Invalid object name",
        "267 Object '…' cannot be found",
        '1088 Cannot find the object "…" because it does not exist or you do not have permissions',
        "15151 Cannot find the … '…', because it does not exist or you do not have permission",
    ),
    *messages(
        SchemaError,
        "Check 'columns', 'order_by' and 'where'.",
        "207 Invalid column name",
    ),
    *messages(
        SchemaError,
        _VIEW,
        "217 Maximum stored procedure, function, trigger, or view nesting level exceeded",
        "218 Could not find the type",
        '474 Unable to load the computed column definitions for table "…"',
        "2812 Could not find stored procedure '…'",
        "4413 Could not use view or function '…' because of binding errors",
        "4502 View or function '…' has more column names specified than columns defined",
        "7202 Could not find server '…' in sys.servers",
        '7314 The OLE DB provider "…" for linked server "…" does not contain the table',
        "8655 The query processor is unable to produce a plan because the index '…' on table or "
        "view '…' is disabled",
    ),
    *messages(
        ConfigError,
        _WHERE,
        "102 Incorrect syntax near",
        "103 The … that starts with '…' is too long",
        "105 Unclosed quotation mark after the character string",
        "156 Incorrect syntax near the keyword",
        "195 '…' is not a recognized",
        "319 Incorrect syntax near the keyword 'with'",
        "4145 An expression of non-boolean type specified in a context where a condition is "
        "expected, near",
        names_only=False,
    ),
    *messages(
        ConfigError,
        _WHERE,
        "107 The column prefix '…' does not match with a table name or alias name",
        "113 Missing end comment mark",
        "130 Cannot perform an aggregate function on an expression containing an aggregate",
        "137 Must declare the scalar variable",
        "147 An aggregate may not appear in the WHERE clause",
        "174 The … function requires … argument(s)",
        "189 The … function requires … to … arguments",
        "209 Ambiguous column name",
        '1013 The objects "…" and "…" in the FROM clause have the same exposed names',
        "4104 The multi-part identifier",
        '4121 Cannot find either column "…" or the user-defined function or aggregate "…", or '
        "the name is ambiguous",
        "7601 Cannot use a CONTAINS or FREETEXT predicate on",
        "9810 The datepart … is not supported by date function",
    ),
    *messages(
        ConfigError,
        "The types in 'where', 'order_by' or the view do not fit together: convert them there.",
        "145 ORDER BY items must appear in the select list if SELECT DISTINCT is specified",
        "169 A column has been specified more than once in the order by list",
        "206 Operand type clash: … is incompatible with",
        "257 Implicit conversion from data type … to … is not allowed",
        "402 The data types … and … are incompatible in the … operator",
        "403 Invalid operator for data type",
        "421 The … data type cannot be selected as DISTINCT because it is not comparable",
        '446 Cannot resolve collation conflict between "…" and "…" in … operator for',
        "449 Collation conflict caused by collate clauses with different collation",
        '451 Cannot resolve collation conflict between "…" and "…" in … operator occurring in',
        "457 Implicit conversion of … value to … cannot be performed because the collation of the "
        "value is unresolved",
        '468 Cannot resolve the collation conflict between "…" and "…" in the',
        "529 Explicit conversion from data type … to … is not allowed",
        "8116 Argument data type … is invalid for argument … of … function",
        "8117 Operand data type … is invalid for … operator",
        "8120 Column '…' is invalid in the select list because it is not contained in either an "
        "aggregate function or the GROUP BY clause",
    ),
    *messages(
        ConfigError,
        "Check 'order_by' and 'where' in the configuration.",
        '249 The type "…" is not comparable',
        "305 The XML data type cannot be compared or sorted",
        "306 The text, ntext, and image data types cannot be compared or sorted",
    ),
    *messages(
        ConfigError,
        "This server does not have what the view or 'where' uses.",
        "534 '…' failed because it is not supported in the edition of this SQL Server instance",
        "1934 … failed because the following SET options have incorrect settings",
        "6263 Execution of user code in the .NET Framework is disabled",
        "40510 Statement '…' is not supported in this version of SQL Server",
        "40514 '…' is not supported in this version of SQL Server",
        "40517 Keyword or statement option '…' is not supported in this version of SQL Server",
        names_only=False,
    ),
    *messages(
        ConfigError,
        "Grant the login SELECT on the table.",
        "229 The … permission was denied on the object",
        "229 … permission denied on object",
        "230 The … permission was denied on the column",
        "373 The … permission or external policy action '…' was denied on the object",
    ),
    *messages(
        ConfigError,
        "Grant the login this right, or the role that has it.",
        "262 … permission denied in database",
        "297 The user does not have permission to perform this action",
        "300 … permission was denied on object '…', database '…'",
        "371 The user does not have the external policy action '…' or permission '…'",
        "372 External access policies needed to validate access are either expired or not found",
        "8189 You do not have permission to run",
        "15247 User does not have permission to perform this action",
        "15404 Could not obtain information about Windows NT group/user",
        '15517 Cannot execute as the database principal because the principal "…" does not exist',
        "15562 The module being executed is not trusted",
    ),
    *messages(
        ConfigError,
        "The view reads another server that does not accept this: see its linked server's "
        "settings.",
        "7411 Server '…' is not configured for",
        "7416 Access to the remote server is denied because no login-mapping exists",
        "7437 Linked servers cannot be used under impersonation without a mapping",
    ),
    *messages(
        TransientError,
        f"The view reads another server, which did not answer. {AGAIN}",
        '7303 Cannot initialize the data source object of OLE DB provider "…"',
        '7330 Cannot fetch a row from OLE DB provider "…"',
        '7399 The OLE DB provider "…" for linked server "…" reported an error',
        '7412 OLE DB provider "…" for linked server "…" returned message',
        "8501 MSDTC on server '…' is unavailable",
        names_only=False,
    ),
    *messages(
        ConfigError,
        "tableferry does not decrypt columns: leave them out with 'exclude' and out of 'where'.",
        "206 Operand type clash: … is incompatible with … encrypted with",
        "33299 Encryption scheme mismatch for columns/variables",
        "15466 An error occurred during decryption",
        "15581 Please create a master key in the database or open the master key in the session",
    ),
    *messages(
        ConfigError,
        "Check 'sql_table' and the view: this needs a temporal table, or change tracking.",
        "13544 Temporal FOR SYSTEM_TIME clause can only be used with system-versioned tables",
        "22105 Change tracking is not enabled on table '…'",
    ),
    *messages(
        ConfigError,
        "Connect to the primary replica, or use another 'mode'.",
        "22117 For databases that are members of a secondary availability replica … change "
        "tracking is not supported",
    ),
)  # fmt: skip
"""What is wrong with a statement, or with the rights to run it."""
