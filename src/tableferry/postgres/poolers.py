"""The errors of what stands between tableferry and PostgreSQL, told from PostgreSQL's own.

Known are PgBouncer, pgcat, Odyssey, Supavisor and RDS Proxy. A pooler reports most of its errors
with PostgreSQL's code for a broken protocol (08P01), Supavisor with that for an internal error and
pgcat with that for a system error. What tells them from PostgreSQL's: they do not say in which
function of PostgreSQL they arose. So they are recognised by their texts, which are those of the
poolers' sources and documentation, and which hold no values.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from tableferry.errors import ConfigError, TableferryError, TransientError
from tableferry.postgres.sqlstates import AGAIN, ROLLED_BACK


@dataclass(frozen=True)
class PoolerError:
    """An error of a pooler; ``text`` is all of its text, ``…`` what it fills in.

    ``code`` is the SQLSTATE that it stands for.
    """

    pooler: str
    text: str
    code: str
    kind: type[TableferryError]
    hint: str

    @cached_property
    def opening(self) -> str:
        """The words that it begins with: what does not begin so needs no pattern."""
        return self.text.partition("…")[0].casefold()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What matches the whole text."""
        return re.compile(".*".join(map(re.escape, self.text.split("…"))), re.IGNORECASE)

    @property
    def message(self) -> str:
        """Who says what, without what the text fills in."""
        return f"{self.pooler} says: {self.text}"


def _of(
    pooler: str, code: str, kind: type[TableferryError], hint: str, *texts: str
) -> Iterator[PoolerError]:
    for text in texts:
        yield PoolerError(pooler, text, code, kind, hint)


_FULL: Final = f"The pooler has no connection left for this. {AGAIN}"
_LOST: Final = f"The pooler ended the connection, or lost PostgreSQL. {AGAIN}"
_LOGIN: Final = "Check PG_USER and PG_PASSWORD, and the pooler's own list of users. Not retried."
_NO_DATABASE: Final = "Check PG_DB, and the pooler's own list of databases."
_TLS: Final = "Set PG_SSLMODE=require or stricter."


def _limit(setting: str) -> str:
    return (
        f"Raise {setting} in the pooler's configuration, or connect to PostgreSQL itself. Not "
        f"retried: that would fail the same way. {ROLLED_BACK}"
    )


POOLER_ERRORS: Final[tuple[PoolerError, ...]] = (
    *_of("PgBouncer", "08P01", ConfigError,
         "A load needs transactions: set the pooler's pool_mode to transaction or session for this "
         "database or user, or connect to PostgreSQL itself.",
         "transaction blocks not allowed in statement pooling mode"),
    *_of("PgBouncer", "53300", TransientError, _FULL,
         "query_wait_timeout", "no more connections allowed (max_client_conn)",
         "client connections exceeded (…)", "too many servers in the pool",
         "bouncer resources exhaustion", "out of memory", "no memory for pool",
         "no memory for authentication pool"),
    *_of("PgBouncer", "08006", TransientError, _LOST,
         "server conn crashed?", "server connection closed", "pgbouncer cannot connect to server",
         "server login has been failing, cached error: …", "server login failed: …",
         "server_lifetime", "server lifetime over", "server idle timeout",
         "server DNS lookup failed", "connect timeout", "connect failed", "client_idle_timeout",
         "client_login_timeout", "client_login_timeout (server down)", "cancel_wait_timeout",
         "suspend_timeout", "admin forced disconnect", "pooler is shutting down",
         "server shutting down", "database configuration changed", "connect string changed",
         "obsolete connection", "pause mode", "pause failed", "evicted", "close_needed",
         "unexpected eof", "bad packet", "bad pkt header", "unknown pkt", "idle server got dirty"),
    *_of("PgBouncer", "57014", ConfigError, _limit("query_timeout"),
         "query_timeout", "query timeout"),
    *_of("PgBouncer", "25P03", ConfigError, _limit("idle_transaction_timeout"),
         "idle_transaction_timeout", "idle transaction timeout"),
    *_of("PgBouncer", "25P04", ConfigError, _limit("transaction_timeout"),
         "transaction_timeout", "transaction timeout"),
    *_of("PgBouncer", "3D000", ConfigError, _NO_DATABASE,
         "no such database: …", 'database "…" is disabled'),
    *_of("PgBouncer", "08004", ConfigError,
         "Check PG_USER and PG_DB against the pooler's configuration; its log says more.",
         "bouncer config error"),
    *_of("PgBouncer", "28P01", ConfigError, _LOGIN,
         "no such user", "password authentication failed", "SASL authentication failed",
         '"trust" authentication failed', "certificate authentication failed",
         "PAM authentication failed", "LDAP authentication failed", "login rejected",
         "unix socket login rejected", "login failed", "no authentication method is found"),
    *_of("PgBouncer", "TLS", ConfigError, _TLS, "SSL required"),
    *_of("PgBouncer", "08P01", ConfigError,
         "Name it in the pooler's ignore_startup_parameters, or connect to PostgreSQL itself.",
         "unsupported startup parameter: …", "unsupported startup parameter in options: …",
         "unsupported options startup parameter: …"),
    *_of("PgBouncer", "26000", ConfigError,
         "Raise max_prepared_statements in the pooler's configuration, or connect to PostgreSQL "
         "itself.",
         "prepared statement did not exist", "prepared statement name is already in use",
         "PQexec disallowed"),
    *_of("pgcat", "53300", TransientError, _FULL,
         "could not get connection from the pool - …", "checkout failure limit reached …"),
    *_of("pgcat", "08006", TransientError, _LOST,
         "Pool down for database: …", "error receiving data from server: …",
         "terminating connection due to administrator command"),
    *_of("pgcat", "57014", ConfigError, _limit("statement_timeout"), "pool statement timeout"),
    *_of("pgcat", "3D000", ConfigError, _NO_DATABASE, "No pool configured for database: …"),
    *_of("Odyssey", "53300", TransientError, _FULL,
         "too many active clients for user …", "too many tcp connections …",
         "too many client tcp connections …", "soft out of memory"),
    *_of("Odyssey", "08006", TransientError, _LOST,
         "failed to get remote server connection", "failed to connect to remote server …",
         "remote server read/write error …", "remote server …: readahead buffer full…",
         "can't find suitable host for tsa …",
         "Connection was dropped by Odyssey due to idle timeout",
         "Connection was killed by Odyssey …"),
    *_of("Odyssey", "25P03", ConfigError, _limit("pool_idle_in_transaction_timeout"),
         "Connection was dropped by Odyssey due to idle in transaction timeout"),
    *_of("Odyssey", "3D000", ConfigError, _NO_DATABASE,
         "route for '…' is not found", "client routing failed"),
    *_of("Odyssey", "28P01", ConfigError, _LOGIN,
         "incorrect user", "host based authentication rejected",
         "password authentication failed for user …", "ldap authentication failed for user …",
         "certificate authentication failed for user …",
         "external authentication failed for user …", "user blocked: …"),
    *_of("Odyssey", "TLS", ConfigError, _TLS, "SSL is required", "TLS connection required"),
    *_of("Supavisor", "53300", TransientError, _FULL,
         "Max client connections reached", "MaxClientsInSessionMode: max clients reached…",
         "Unable to check out process from the pool…",
         "Unable to check out connection from the pool…", "(EMAXCONN) …", "(EMAXCONNSESSION) …",
         "(EMAXPOOLSREACHED) …", "(ECHECKOUTFAILED) …", "(ECHECKOUTRETRIES) …",
         "(ECHECKOUTTIMEOUT) …", "(EPOOLCHECKOUT) …", "(ECIRCUITBREAKER) …"),
    *_of("Supavisor", "08006", TransientError, _LOST,
         "(EDBHANDLEREXITED) …", "(ECLIENTSOCKETCLOSED) …", "(EPOOLTERMINATING) …",
         "(EAUTHTIMEOUT) …", "(EWORKERNOTFOUND) …", "(EPROXYSTARTFAILED) …",
         "(EPROXYSUPERVISORUNAVAILABLE) …", "(ESUBSCRIBERETRIES) …"),
    *_of("Supavisor", "3D000", ConfigError, "Check PG_USER (user.project), PG_DB and PG_HOST.",
         "Tenant or user not found", "(ENOTFOUND) …", "(ENOIDENTIFIER) …",
         "(EINVALIDUSERINFO) …"),
    *_of("Supavisor", "28P01", ConfigError, _LOGIN,
         "(EWRONGPASSWORD) …", "(EAUTHPROTOCOL) …", "(EAUTHQUERY) …", "(EAUTHSECRETS) …",
         "(EBANNED) …", "(EADDRNOTALLOWED) …", "(EJITREQUESTFAILED) …", "(EJITUNAUTHORIZED) …"),
    *_of("Supavisor", "TLS", ConfigError, _TLS,
         "(ESSLREQUIRED) …", "(ESSLHANDSHAKE) …", "SSL connection is required"),
    *_of("RDS Proxy", "53300", TransientError, _FULL,
         "Timed-out waiting to acquire database connection…"),
    *_of("RDS Proxy", "28P01", ConfigError,
         "Check PG_USER and PG_PASSWORD, and the secret that the proxy has for this user.",
         "This RDS Proxy has no credentials for the role …",
         "The password that was provided for the role … is wrong…",
         "The IAM authentication failed for the role …",
         "RDS Proxy supports only IAM… authentication…", "Please enter a valid user name…"),
    *_of("RDS Proxy", "TLS", ConfigError, _TLS,
         "This RDS Proxy requires TLS…", "The RDS Proxy requires TLS…",
         "IAM authentication is allowed only with SSL connections…"),
    *_of("RDS Proxy", "3D000", ConfigError, "Check PG_DB.",
         "The database named … doesn't exist…"),
    *_of("RDS Proxy", "0A000", ConfigError, "Connect to PostgreSQL itself.",
         "RDS Proxy currently doesn't support …"),
)  # fmt: skip
"""The first whose text is the whole text applies."""

UNKNOWN_POOLER: Final = PoolerError(
    "a pooler or proxy",
    "",
    "08P01",
    TransientError,
    f"What is between tableferry and PostgreSQL ended the connection; see its log. {AGAIN}",
)
"""A broken protocol of which PostgreSQL itself does not speak."""

_ODYSSEY: Final = re.compile(r"^odyssey: \S+: ")


def find_pooler_error(text: str) -> PoolerError | None:
    """Return the pooler's error that this text is, if it is one."""
    text = _ODYSSEY.sub("", text.strip()).rstrip(".")
    words = text.casefold()
    return next(
        (
            known
            for known in POOLER_ERRORS
            if words.startswith(known.opening) and known.pattern.fullmatch(text)
        ),
        None,
    )
