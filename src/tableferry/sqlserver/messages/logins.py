"""Messages while a connection is made: the login, the server's state, the network before it."""

from typing import Final

from tableferry.errors import ConfigError, TransientError
from tableferry.sqlserver.messages.known import AGAIN, BUSY, KnownMessage, messages

LOGIN: Final = "Check {prefix}USER and {prefix}PASSWORD. Not retried: that could lock the account."
_ACCOUNT: Final = "A database administrator has to unlock it. Not retried."
_LINKED: Final = "The view reads another server, which refuses this one: see its remote logins."
_NOT_TDS: Final = (
    "Check {prefix}HOST and {prefix}PORT: is that SQL Server itself, with nothing in between that "
    "changes the bytes?"
)

LOGINS: Final[tuple[KnownMessage, ...]] = (
    *messages(
        ConfigError,
        "Check {prefix}USER, {prefix}PASSWORD and {prefix}DB (the driver may report a missing "
        "database like this). Not retried: that could lock the account.",
        "18456 Login failed for user '…'",
    ),
    *messages(
        ConfigError,
        _ACCOUNT,
        "18486 Login failed for user '…' because the account is currently locked out",
        "18470 Login failed for user '…'. Reason: The account is disabled",
    ),
    *messages(
        ConfigError,
        "Set a new password for the login, on the server and in {prefix}PASSWORD. Not retried.",
        "18487 Login failed for user '…'. Reason: The password of the account has expired",
        "18488 Login failed for user '…'. Reason: The password of the account must be changed",
        '18462 The login failed for user "…". The password change failed. The password for the '
        "user is too recent",
        '18463 The login failed for user "…". The password change failed',
        "18466 Login failed for user '…'. Reason: Password change failed",
    ),
    *messages(
        ConfigError,
        "Use a login of SQL Server's own, or one of Microsoft Entra with {prefix}AUTH. Windows "
        "logins are not supported.",
        "18450 Login failed for login '…'. The login is not defined as a valid login of a trusted",
        "18452 Login failed. The login is from an untrusted domain",
        "17806 SSPI handshake failed with error code",
        "40607 Windows logins are not supported in this version of SQL Server",
    ),
    *messages(
        ConfigError,
        "A logon trigger of the server refuses this login, program or machine: ask its "
        "administrator.",
        "17892 Logon failed for login '…' due to trigger execution",
    ),
    *messages(
        ConfigError,
        "Check {prefix}DB and the login's rights: the login exists, and may not open this "
        "database or the database has no such name.",
        '4060 Cannot open database "…" requested by the login',
    ),
    *messages(
        ConfigError,
        "The login's default database is missing or closed to it: ALTER LOGIN ... WITH "
        "DEFAULT_DATABASE = ...",
        "4064 Cannot open user default database. Login failed",
    ),
    *messages(
        ConfigError,
        LOGIN,
        '40623 Reauthentication failed for login "…"',
    ),
    *messages(
        ConfigError,
        "Allow this machine's address in the server's firewall.",
        "40615 Cannot open server '…' requested by the login. Client with IP address",
    ),
    *messages(
        ConfigError,
        "Add a rule for this machine's virtual network to the server's firewall.",
        "40914 Cannot open server '…' requested by the login. Client is not allowed to access",
    ),
    *messages(
        ConfigError,
        "The server admits private endpoints only: connect from its virtual network, or allow "
        "public access.",
        "47073 An instance-specific error occurred while establishing a connection to SQL Server. "
        "The public network interface on this server is not accessible",
        "47073 Connection was denied since Deny Public Network Access is set to Yes",
        "47073 Reason: An instance-specific error occurred while establishing a connection to SQL "
        "Server. Connection was denied",
    ),
    *messages(
        ConfigError,
        "The server's name is the first part of {prefix}HOST: check it.",
        '40532 Cannot open server "…" requested by the login. The login failed',
        "40531 Server name cannot be determined",
        "40647 Subscription '…' does not have server '…'",
    ),
    *messages(
        ConfigError,
        "The server accepts only newer TLS versions: see its minimum TLS version.",
        "47072 Login failed with invalid TLS version",
        "47072 Reason: Login failed with invalid TLS version",
    ),
    *messages(
        ConfigError,
        "Set {prefix}ENCRYPT=strict.",
        "17819 The SQL Server or the endpoint is configured to accept only strict",
    ),
    *messages(
        ConfigError,
        "Set {prefix}ENCRYPT=yes.",
        "17821 A valid TLS certificate is not configured to accept strict",
        "17835 Encryption is required to connect to this server",
    ),
    *messages(
        ConfigError,
        _NOT_TDS,
        "17802 The Tabular Data Stream (TDS) version … of the client library used to open the "
        "connection is unsupported or unknown",
        "17828 The prelogin packet used to open the connection is structurally invalid",
        "17832 The login packet used to open the connection is structurally invalid",
    ),
    *messages(
        ConfigError,
        _LINKED,
        "18482 Could not connect to server '…' because '…' is not defined as a remote server",
        "18483 Could not connect to server '…' because '…' is not defined as a remote login",
        "18485 Could not connect to server '…' because it is not configured to accept remote "
        "logins",
    ),
    *messages(
        TransientError,
        BUSY,
        "17142 SQL Server service has been paused",
        "17187 SQL Server is not ready to accept new client connections",
        "17188 SQL Server cannot accept new connections, because it is shutting down",
        "17189 SQL Server failed with error code … to spawn a thread to process a new login or "
        "connection",
        "17191 Cannot accept a new connection because the session has been terminated",
        "17197 Login failed due to timeout; the connection has been closed",
        "17198 Connection failed because the endpoint could not be found",
        "17300 SQL Server was unable to run a new system task",
        "17803 There was a memory allocation failure during connection establishment",
        "17809 Could not connect because the maximum number of '…' user connections has already "
        "been reached",
        "17810 Could not connect because the maximum number of '…' dedicated administrator "
        "connections already exists",
        "17813 The requested service has been stopped or disabled and is unavailable",
        "17830 Network error code … occurred while establishing a connection",
        "18401 Login failed for user '…'. Reason: Server is in script upgrade mode",
        "18451 Login failed for user '…'. Only administrators may connect at this time",
        "18458 Login failed. The number of simultaneous users already equals",
        "18459 Login failed. The workstation licensing limit for SQL Server access",
        "18460 Login failed. The number of simultaneous users has already reached the limit",
        "18461 Login failed for user '…'. Reason: Server is in single user mode",
        busy=True,
    ),
    *messages(
        TransientError,
        AGAIN,
        "17816 Login to remote SQL Server failed with error",
        "17818 Connection to remote SQL Server failed with error",
        "17827 There was a failure while attempting to encrypt a password",
        "17829 A network error occurred while establishing a connection",
        "17836 Length specified in network packet payload did not match number of bytes read",
    ),
)  # fmt: skip
"""What the server says before a session exists, in its own language."""

TRANSLATED_18456: Final = (
    r"Fehler bei der Anmeldung für den Benutzer",
    r"Échec de l.ouverture de session de l.utilisateur",
    r"Error de inicio de sesión del usuario",
    r"Accesso non riuscito per l.utente",
    r"Login non riuscito per l.utente",
    r"Fal(ha|hou) (de|no|o) (logon|login) (do|para o) usuário",
    r"Ошибка входа пользователя",
    r"ユーザー '.*' はログインできませんでした",
    r"'.*' 사용자가 로그인하지 못했습니다|사용자 '.*'이\(가\) 로그인하지 못했습니다",
    r"用户 '.*' 登录失败",
    r"使用者 '.*' 登入失敗",
)
"""How 18456 begins in the other languages that SQL Server is made in. At login nothing else tells
the refused password from a full or closed server there."""
