"""Hostile values: for variables, entries of TABLE_CONFIGS, files, arguments and events."""

import random
from typing import Any, Final

from fuzz.world import NAMES, SECRET

TEXTS: Final[tuple[bytes, ...]] = (
    b"",
    b" ",
    b"\t",
    b"0",
    b"-1",
    b"99999999999999999999",
    b"1e309",
    b"NaN",
    b"true",
    b"None",
    b"\xff\xfe",
    b"Gr\xf6\xdfe",
    "Größe".encode(),
    "\u0440\u0430\u0437".encode(),
    "\N{GRINNING FACE}".encode(),
    b"two\nlines",
    b"\x1b[31mred\x1b[0m",
    b"\x07\x08\x7f",
    b"';--",
    b'"',
    b"{}}{",
    b"a;b=c",
    b"%s %d {0} {x}",
    b"$HOME `id`",
    b"[/b][red]",
    b"../../etc",
    b"/",
    b"/dev/null",
    b"localhost,1433",
    b"127.0.0.1:5432",
    b"::1",
    b"." * 300,
    b"x" * 70_000,
)
"""For the value of a variable; NUL cannot be in one."""

VARIABLES: Final = (
    *(f"SQL_SERVER_FUZZ_{name}" for name in (
        "HOST", "PORT", "DB", "USER", "PASSWORD", "ENCRYPT", "TRUST_CERTIFICATE", "CA_FILE",
        "AUTH", "READ_ONLY_INTENT", "CONNECT_TIMEOUT", "MULTI_SUBNET_FAILOVER", "SECRET",
    )),
    *(f"PG_{name}" for name in (
        "HOST", "PORT", "DB", "USER", "PASSWORD", "SSLMODE", "SSLROOTCERT", "CONNECT_TIMEOUT",
        "AUTH", "SECRET",
    )),
    "COLUMNS", "LINES", "TERM", "LANG", "LC_ALL", "NO_COLOR", "HOME", "TMPDIR", "TZ",
    "PGOPTIONS", "PGSERVICE", "PGPASSFILE", "PGCLIENTENCODING",
)  # fmt: skip

PASSWORDS: Final = tuple(name for name in VARIABLES if name.endswith(("_PASSWORD", "_SECRET")))

VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, 1, -1, 2, 10**30, 1.5, float("nan"), float("inf"), "", " ", "x", "ID",
    "id", "dbo.Plain", "dbo.*", "*.*", "?", "[dbo].[*]", "no.such.table.at.all", "[unclosed",
    "a" * 5000, "\ud800", "\x00", "\x1b[2J",
    "[/b]", "%s", "1=1", "1=1; DROP TABLE dbo.Plain", "ID > 10 --", "(", "/*", "'", b"bytes", [],
    {}, (), [None], ["ID"], ["ID", "ID"], ["id", "ID"], ["no_such_column"], ["\x1b[31m"],
    {"ID": "text"}, {"ID": 1}, {None: None}, [[["ID"]]], "auto", "swap", "merge", "truncate",
    "full", "change_tracking", "rowversion", "watermark", "ignore", "reconcile", "soft:gone_at",
    "soft:id", "hard", "stop", "snapshot", "nolock", "quarantine", "add_columns", "off", object,
    len,
)  # fmt: skip
"""For the value of an entry's key."""

KEYS: Final = (
    "db_type", "sql_server_db", "sql_table", "pg_table", "columns", "pg_columns", "primary_key",
    "exclude", "order_by", "batch_size", "description", "mode", "watermark", "overlap", "deletes",
    "on_expired", "reconcile_every", "max_delete_share", "consistency", "where",
    "type_overrides", "on_invalid", "max_invalid", "trailing_blanks", "drift", "publish",
    "max_shrink", "chunks", "parallel", "ledger", "max_rows_per_second", "lock_timeout",
    "statement_timeout", "max_age", "verify", "repair", "exclude_tables", "views", "new_tables",
    "resume_within", "stall_timeout", "no_such_key", "\x1b[31m", "", 7, None, ("a", "b"),
)  # fmt: skip

FILES: Final[tuple[bytes, ...]] = (
    b"",
    b"\x00",
    b"\xff\xfe\x00",
    b"TABLE_CONFIGS",
    b"TABLE_CONFIGS = None",
    b"TABLE_CONFIGS = []",
    b"TABLE_CONFIGS = {}",
    b"tables = 7",
    b"[tables.x]\ndb_type = 7\n[tables.'\\u001b']",
    b"[tables]\nx = " + b"[" * 5000,
    b"x = " + b"9" * 5000,
    b"TABLE_CONFIGS = {None: None}",
    b"TABLE_CONFIGS = {'\\x1b[31m': 7, 'a[/b]': {}}",
    b"TABLE_CONFIGS = {'x': {'db_type': 'fuzz'}}",
    b"TABLE_CONFIGS = {}\nTABLE_CONFIGS['x'] = TABLE_CONFIGS",
    b"def f(): f()\nf()",
    b"import no_such_module",
    b"raise SystemExit(3)",
    b"raise BaseException('[/b] \\x1b[31m')",
    b"1/0",
    b"(((((",
    b"  indented",
    b"x = '''",
    b"print('\\x1b[31mprinted')\nTABLE_CONFIGS = {}",
    b"[tables]\nx = 1\n",
    b"tables:\n  - x: 1\n",
    b'{"tables": {}}',
    b"TABLE_CONFIGS = {'x': {}}; DEFAULT_SYNC_ORDER = 7",
    b"TABLE_CONFIGS = {'x': {}}; DEFAULT_SYNC_ORDER = [None, '\\x1b[31m']",
)
"""The whole text of a configuration file."""

ARGUMENTS: Final = (
    "", "-", "--", "-h", "--help", "--version", "--json", "--no-such-option", "--tables",
    "--tables=", "--tables=,", "--tables=\x1b[31m", "--tables=no,such", "--config", "--config=",
    "--config=/", "--config=no_such.py", "--config=table_configs.yaml", "--plan=no_such.json",
    "--plan=/dev/null", "--fail-fast", "--publish-together", "--scheduler=", "--scheduler=x",
    "\udcff", "a[/b]", "--source=fuzz", "--source=nowhere", "--schema=%", "--like=[", "--scale=NaN",
    "--tables=\N{DRAGON}", "--sample=0", "--sample=2", "--settle=NaN", "--limit=1e9", "--repair",
    "--count", "--independent", "--show-values", "--jobs=0", "--jobs=64", "--jobs=1e9",
    "--html=/dev/full", "--html=.", "--report=/", "--openmetrics=/dev/full", "--openmetrics=.",
    "--table=*.*", "--table=[", "--table=dbo.Plain=a.b.c", "--table=\x1b[31m", "--exclude=*",
    "--map-schema=dbo", "--map-schema=dbo=\x1b[31m", "--views", "--mode=x", "--publish=x",
    "--verify=x", "--dry-run", "--yes", "--force", "--name=1;", "--all", "--keys",
    f"mssql://u:{SECRET}@h", f"postgresql://u:{SECRET}@[::1", f"--source=mssql://{SECRET}@x@y/z?a",
    f"--target=postgresql://u:{SECRET}%zz@h:x/d?sslmode=x", "secretsmanager:", "mssql://",
)  # fmt: skip

EVENTS: Final[tuple[Any, ...]] = (
    None, 7, "multi_sync", [], {}, {"mode": None}, {"mode": "no\x1b[31m"}, {"mode": "info"},
    {"mode": "plan"}, {"mode": "multi_test"}, {"mode": "multi_sync"}, {"mode": "load_chunk"},
    {"mode": "verify"}, {"mode": "verify", "sample": True}, {"mode": "verify", "settle": "5"},
    {"mode": "begin"}, {"mode": "publish", "run_id": 7}, {"mode": "give_up", "error": {"Cause": 7}},
    {"tables": 7}, {"tables": []}, {"tables": ["no such"]}, {"tables": list("ab" * 500)},
    {"mode": "single_sync"}, {"mode": "single_sync", "table_name": {}}, {"continued": -1},
    {"mode": "status"}, {"mode": "status", "tables": ["\x1b"]}, {"mode": "status", "jobs": 2},
    {"mode": "doctor"}, {"mode": "multi_sync", "jobs": "x"}, {"mode": "multi_sync", "jobs": 1e9},
    {"publish_together": "yes"}, {"mode": "multi_sync", "continued": 3, "x" * 3000: None},
)  # fmt: skip


def variable(chance: random.Random) -> tuple[bytes, bytes]:
    """Return a variable's name and a hostile value; a password's has the secret in it."""
    name, value = chance.choice(VARIABLES), chance.choice(TEXTS)
    if name in PASSWORDS:
        value = SECRET.encode() + value
    return name.encode(), value


def change(chance: random.Random) -> tuple[Any, Any]:
    """Return a key of an entry and a hostile value for it."""
    if chance.random() < 0.1:
        return chance.choice(KEYS), chance.choice(NAMES)
    return chance.choice(KEYS), chance.choice(VALUES)
