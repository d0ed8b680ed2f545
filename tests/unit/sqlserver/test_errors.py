"""SQL Server's errors as both of the driver's providers phrase them, and what may leave of them."""

# ruff: noqa: E501 - what a server says stands on one line, as it says it

import traceback

import mssql_python
import pytest

from tableferry.errors import ConfigError, DataError, SchemaError, TableferryError, TransientError
from tableferry.sqlserver.errors import SERVER_ERRORS, masked, translate, translated
from tests.support.specs import source_settings

ODBC = "[Microsoft][ODBC Driver 18 for SQL Server][SQL Server]"
PREFIXES = [ODBC, "[Microsoft][Rust][SQL Server]"]

SERVER_SAYS = [
    ("18456", ConfigError, "Login failed for user 'sa'."),
    (
        "18486",
        ConfigError,
        (
            "Login failed for user 'sa' because the account is currently locked out. The system "
            "administrator can unlock it. "
        ),
    ),
    (
        "18487",
        ConfigError,
        "Login failed for user 'sa'.  Reason: The password of the account has expired.",
    ),
    (
        "18488",
        ConfigError,
        "Login failed for user 'sa'.  Reason: The password of the account must be changed.",
    ),
    (
        "4060",
        ConfigError,
        'Cannot open database "Nope" requested by the login. The login failed.',
    ),
    (
        "911",
        ConfigError,
        "Database 'Nope' does not exist. Make sure that the name is entered correctly.",
    ),
    ("208", SchemaError, "Invalid object name 'McTM.dbo.Nope'."),
    ("207", SchemaError, "Invalid column name 'Nope'."),
    (
        "229",
        ConfigError,
        "The SELECT permission was denied on the object 'Customer', database 'McTM', schema 'dbo'.",
    ),
    (
        "916",
        ConfigError,
        (
            'The server principal "reader" is not able to access the database "VoipDB" under the '
            "current security context."
        ),
    ),
    (
        "1205",
        TransientError,
        (
            "Transaction (Process ID 55) was deadlocked on lock resources with another process and "
            "has been chosen as the deadlock victim. Rerun the transaction."
        ),
    ),
    ("1222", TransientError, "Lock request time out period exceeded."),
    ("601", TransientError, "Could not continue scan with NOLOCK due to data movement."),
    (
        "3952",
        ConfigError,
        (
            "Snapshot isolation transaction failed accessing database 'McTM' because snapshot "
            "isolation is not allowed in this database. Use ALTER DATABASE to allow snapshot "
            "isolation."
        ),
    ),
    (
        "3961",
        TransientError,
        (
            "Snapshot isolation transaction failed in database 'McTM' because the object accessed "
            "by the statement has been modified by a DDL statement in another concurrent "
            "transaction since the start of this transaction."
        ),
    ),
    (
        "40615",
        ConfigError,
        (
            "Cannot open server 'x' requested by the login. Client with IP address '10.1.2.3' is not "
            "allowed to access the server."
        ),
    ),
    (
        "976",
        TransientError,
        (
            "The target database, 'McTM', is participating in an availability group and is currently "
            "not accessible for queries."
        ),
    ),
    ("6005", TransientError, "SHUTDOWN is in progress."),
    (
        "596",
        TransientError,
        "Cannot continue the execution because the session is in the kill state.",
    ),
    (
        "1105",
        TransientError,
        (
            "Could not allocate space for object 'dbo.SORT temporary run storage' in database 'tempdb' "
            "because the 'PRIMARY' filegroup is full."
        ),
    ),
    (
        "40613",
        TransientError,
        (
            "Database 'McTM' on server 'x' is not currently available.  Please retry the connection "
            "later."
        ),
    ),
    ("40501", TransientError, "The service is currently busy. Retry the request after 10 seconds."),
    (
        "40197",
        TransientError,
        (
            "The service has encountered an error processing your request. Please try again. "
            "Error code 40540."
        ),
    ),
    (
        "10928",
        TransientError,
        "Resource ID: 1. The request limit for the database is 90 and has been reached.",
    ),
    ("49918", TransientError, "Cannot process request. Not enough resources to process request."),
    (
        "49918",
        TransientError,
        (
            "Cannot process create or update request. Too many create or update operations in "
            'progress for subscription "x".'
        ),
    ),
    ("8134", DataError, "Divide by zero error encountered."),
    ("4104", ConfigError, 'The multi-part identifier "x.Name" could not be bound.'),
    (
        "306",
        ConfigError,
        (
            "The text, ntext, and image data types cannot be compared or sorted, except when using "
            "IS NULL or LIKE operator."
        ),
    ),
    (
        "306",
        ConfigError,
        ("The XML data type cannot be compared or sorted, except when using the IS NULL operator."),
    ),
    (
        "40515",
        ConfigError,
        (
            "Reference to database and/or server name in 'Other.dbo.T' is not supported in this "
            "version of SQL Server."
        ),
    ),
    (
        "7377",
        ConfigError,
        "Cannot specify an index or locking hint for a remote data source.",
    ),
    (
        "10794",
        ConfigError,
        "The table option 'nolock' is not supported with memory optimized tables.",
    ),
    (
        "18401",
        TransientError,
        "Login failed for user 'sa'. Reason: Server is in script upgrade mode. Only administrator can connect at this time.",
    ),
    (
        "605",
        TransientError,
        "Attempt to fetch logical page (1:224) in database 5 failed. It belongs to allocation unit 72057594040 not to 72057594041.",
    ),
    (
        "7105",
        TransientError,
        "The Database ID 5, Page (1:224), slot 0 for LOB data type node does not exist. This is usually caused by transactions that can read uncommitted data on a data page. Run DBCC CHECKTABLE.",
    ),
    (
        "3958",
        TransientError,
        "Transaction aborted when accessing versioned row in table 'dbo.Customer' in database 'McTM'. Requested versioned row was not found. Your tempdb is probably out of space.",
    ),
    (
        "3966",
        TransientError,
        "Transaction is rolled back when accessing version store. It was earlier marked as victim when the version store was shrunk due to insufficient space in tempdb.",
    ),
    (
        "3967",
        TransientError,
        "Insufficient space in tempdb to hold row versions. Need to shrink the version store to free up some space in tempdb.",
    ),
    (
        "41332",
        ConfigError,
        "Memory optimized tables and natively compiled modules cannot be accessed or created when the session TRANSACTION ISOLATION LEVEL is set to SNAPSHOT.",
    ),
    (
        "978",
        ConfigError,
        "The target database ('McTM') is in an availability group and is currently accessible for connections when the application intent is set to read only. For more information about application intent, see SQL Server Books Online.",
    ),
    (
        "983",
        TransientError,
        "Unable to access availability database 'McTM' because the database replica is not in the PRIMARY or SECONDARY role.",
    ),
    (
        "4221",
        TransientError,
        "Login to read-secondary failed due to long wait on 'HADR_DATABASE_WAIT_FOR_TRANSITION_TO_VERSIONING'.",
    ),
    (
        "922",
        TransientError,
        "Database 'McTM' is being recovered. Waiting until recovery is finished.",
    ),
    ("927", TransientError, "Database 'McTM' cannot be opened. It is in the middle of a restore."),
    ("952", TransientError, "Database 'McTM' is in transition. Try the statement later."),
    (
        "17142",
        TransientError,
        "SQL Server service has been paused. No new connections will be allowed.",
    ),
    ("42109", TransientError, "The SQL pool is warming up. Please try again."),
    ("40675", TransientError, "The server is currently too busy. Please try again later."),
    (
        "701",
        TransientError,
        "There is insufficient system memory in resource pool 'default' to run this query.",
    ),
    (
        "8645",
        TransientError,
        "A timeout occurred while waiting for memory resources to execute the query in resource pool 'default' (2). Rerun the query.",
    ),
    (
        "8628",
        TransientError,
        "A time out occurred while waiting to optimize the query. Rerun the query.",
    ),
    (
        "845",
        TransientError,
        "Time-out occurred while waiting for buffer latch type 2 for page (1:224), database ID 5.",
    ),
    (
        "1204",
        TransientError,
        "The instance of the SQL Server Database Engine cannot obtain a LOCK resource at this time. Rerun your statement when there are fewer active users.",
    ),
]


class FakeError(mssql_python.OperationalError):
    """The driver's error: two texts, no number."""

    def __init__(self, server: str, state: str = "") -> None:
        super().__init__(state, server)


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(("code", "kind", "said"), SERVER_SAYS)
def test_a_known_error_is_told_by_its_text(
    prefix: str, code: str, kind: type[TableferryError], said: str
) -> None:
    ours, safe = translate(FakeError(prefix + said, "General error"), source_settings())
    assert (ours.code, type(ours)) == (code, kind)
    assert safe
    assert ours.hint
    assert "McTM" in ours.message
    assert "[Microsoft]" not in ours.message


def test_every_known_error_has_been_told_by_its_text() -> None:
    quoting = {"245", "8115", "102"}
    assert {fault.code for fault in SERVER_ERRORS} - quoting == {code for code, *_ in SERVER_SAYS}


def test_a_login_refused_in_another_language_is_known_by_the_drivers_word() -> None:
    said = f"{ODBC}Fehler bei der Anmeldung für den Benutzer 'reader'."
    ours, _ = translate(FakeError(said, "Invalid authorization specification"), source_settings())
    assert (ours.code, type(ours)) == ("18456", ConfigError)


def test_what_is_said_at_the_login_in_another_language_names_the_variables() -> None:
    said = f"{ODBC}Die von der Anmeldung angeforderte 'Nope'-Datenbank kann nicht geöffnet werden."
    ours, safe = translate(FakeError(said, "General error"), source_settings(), at_login=True)
    assert isinstance(ours, ConfigError)
    assert safe
    assert "'Nope'-Datenbank" in ours.message
    assert "SQL_SERVER_MCTM_DB" in ours.hint
    later, _ = translate(FakeError(said, "General error"), source_settings())
    assert type(later) is TableferryError
    lost = FakeError("[Microsoft][Driver]TCP Provider: Error code 0x2746", "General error")
    assert isinstance(translate(lost, source_settings(), at_login=True)[0], TransientError)


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("shop.database.windows.net", TransientError),
        ("SHOP.Database.Windows.NET", TransientError),
        ("database.windows.net.example.com", ConfigError),
        ("127.0.0.1", ConfigError),
    ],
)
def test_a_database_that_cannot_be_opened_may_be_failing_over_in_azure_only(
    host: str, kind: type[TableferryError]
) -> None:
    said = 'Cannot open database "Shop" requested by the login. The login failed.'
    ours, _ = translate(FakeError(f"{ODBC}{said}"), source_settings(host=host))
    assert type(ours) is kind
    assert ours.code == "4060"


def test_a_database_that_cannot_be_opened_is_no_wrong_password() -> None:
    both = (
        f'{ODBC}Cannot open database "Nope" requested by the login. The login failed.'
        f"{ODBC}Login failed for user 'sa'."
    )
    ours, _ = translate(FakeError(both), source_settings())
    assert ours.code == "4060"
    assert "SQL_SERVER_MCTM_DB" in ours.hint


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("[Microsoft][Driver]IO error: Connection reset by peer (os error 104)", "General error"),
        (
            (
                "[Microsoft][Driver]Connection closed: Connection closed by server while reading TDS packet "
                "header"
            ),
            "General error",
        ),
        ("[Microsoft][Driver]TCP Provider: Error code 0x2746", "Communication link failure"),
        (
            (
                "[Microsoft][Driver]Unspecified error occurred on SQL Server. Connection may have been "
                "terminated by the server."
            ),
            "General error",
        ),
        ("", "Communication link failure"),
    ],
)
def test_a_lost_connection_is_told_in_either_providers_words(said: str, state: str) -> None:
    ours, _ = translate(FakeError(said, state), source_settings())
    assert isinstance(ours, TransientError)
    assert ours.code == "08S01"
    assert not ours.reached


@pytest.mark.parametrize(
    "said",
    [
        (
            "[Microsoft][Driver]TLS handshake failed while connecting to '127.0.0.1': error:0A000086:SSL "
            "routines:tls_post_process_server_certificate:certificate verify failed"
        ),
        "[Microsoft][Driver]SSL Provider: [error:0A000086:SSL routines::certificate verify failed]",
        (
            "[Microsoft][Driver]Protocol Error: Server does not support encryption but client requires it "
            "(client: On, server: NotSupported)"
        ),
        "[Microsoft][Driver]Encryption not supported on SQL Server.",
    ],
)
def test_an_encryption_that_fails_names_the_variables(said: str) -> None:
    ours, _ = translate(FakeError(said, "Client unable to establish connection"), source_settings())
    assert isinstance(ours, ConfigError)
    assert ours.code == "TLS"
    assert "SQL_SERVER_MCTM_TRUST_CERTIFICATE" in ours.hint
    assert "SQL_SERVER_MCTM_ENCRYPT" in ours.hint


CANARY = "canary"
QUOTING = [
    f"Conversion failed when converting the varchar value '{CANARY}' to data type int.",
    f"Conversion failed when converting the varchar value 'O'Brien {CANARY}' to data type int.",
    (
        f"Conversion failed when converting the varchar value 'Invalid object name {CANARY}' to "
        "data type int."
    ),
    f"Conversion failed when converting the nvarchar value '{CANARY} timed out' to data type int.",
    f"Conversion failed when converting the varchar value '{CANARY}' in \"x\" to data type int.",
    (
        f"Violation of PRIMARY KEY constraint 'PK'. The duplicate key value is (1, ({CANARY}) {CANARY}"
        " timed out)."
    ),
    (
        f"String or binary data would be truncated in table 't', column 'c'. Truncated value: "
        f"'{CANARY}'."
    ),
    f"Arithmetic overflow error for data type tinyint, value = {CANARY}.",
    f"Arithmetic overflow error for type int, value = {CANARY}.000000.",
    f"The conversion of the varchar value '{CANARY}' overflowed an int column.",
    f"Incorrect syntax near '{CANARY}'.",
    f"Unclosed quotation mark after the character string '{CANARY}",
    f"Something never seen before: Communication link failure '{CANARY}'",
    f"Could not continue with \"{CANARY}' and Login failed for user",
]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("said", QUOTING)
def test_no_value_that_the_server_quotes_leaves(prefix: str, said: str) -> None:
    error = FakeError(prefix + said, "General error")
    with pytest.raises(TableferryError) as raised, translated(source_settings()):
        raise error
    assert not isinstance(raised.value, TransientError | ConfigError) or raised.value.code == "102"
    assert CANARY not in "".join(traceback.format_exception(raised.value))
    assert CANARY not in raised.value.message + raised.value.hint


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("nothing is quoted here", "nothing is quoted here"),
        ("the value 'a' is", "the value (...) is"),
        ("the value 'a'b' is", "the value (...) is"),
        ("key (1, (2)) and 'x'.", "key (...)."),
        ("open 'a", "open (...)"),
        ("value = 17.", "value = (...)."),
    ],
)
def test_masking_takes_out_all_between_the_first_and_the_last_quote(text: str, left: str) -> None:
    assert masked(text) == left


def test_an_unknown_error_is_no_promise_that_trying_again_helps() -> None:
    ours, safe = translate(FakeError("Cannot do 'this' at all."), source_settings())
    assert type(ours) is TableferryError
    assert "Cannot do (...) at all" in ours.message
    assert not safe


def test_a_password_never_stands_in_an_error() -> None:
    for _, _, said in SERVER_SAYS:
        ours, _ = translate(FakeError(said), source_settings())
        assert "canary-pass" not in ours.message + ours.hint
