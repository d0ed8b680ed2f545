"""What is asked: the one table of topics, which ``docs/doctor.md`` shows to readers.

Every topic may also be ``not visible``: where the login lacks a right, or the server the view.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Topic(StrEnum):
    """The topics, in the order in which they are examined."""

    SOURCE_LOGIN = "source login"
    SOURCE_ENCRYPTION = "source encryption"
    SNAPSHOT = "snapshot isolation"
    SOURCE_REPLICA = "source replica"
    TRACKED_DATABASE = "change tracking"
    SOURCE_CLOCK = "source clock"
    TARGET_LOGIN = "target login"
    TARGET_VERSION = "target version"
    TARGET_ENCRYPTION = "target encryption"
    TARGET_REPLICA = "target replica"
    POOLER = "pooler"
    TARGET_CLOCK = "target clock"
    ENCODING = "encoding"
    SETTINGS = "session settings"
    SESSIONS = "sessions"
    EVENT_TRIGGERS = "event triggers"
    LEDGER = "ledger"
    OLD_TRANSACTIONS = "old transactions"
    DISK = "disk"
    SELECT = "select"
    TRACKED_TABLE = "tracked table"
    ROWVERSION = "rowversion"
    WATERMARK_INDEX = "watermark index"
    RETENTION = "retention"
    RIGHTS = "target rights"
    REPLICA_IDENTITY = "replica identity"
    PLAN = "plan"
    DEFINITIONS = "definitions"
    NEXT_RUN = "next run"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the grades of a topic mean; empty where the topic has no such grade."""

    ok: str
    warning: str = ""
    problem: str = ""


MEANINGS: Final = {
    Topic.SOURCE_LOGIN: Meaning(
        "the login works", problem="the database cannot be reached, or refuses the login"
    ),
    Topic.SOURCE_ENCRYPTION: Meaning(
        "TLS with a verified certificate, or the same machine",
        "no TLS, or a certificate that is not verified",
    ),
    Topic.SNAPSHOT: Meaning(
        "SNAPSHOT is allowed, or READ COMMITTED versions rows",
        "neither, so that rows are read with NOLOCK, or wait for writers",
        "off, and an entry needs it (`change_tracking`, `consistency: snapshot`)",
    ),
    Topic.SOURCE_REPLICA: Meaning(
        "the database can be written to, or was made read-only",
        "a secondary replica, whose rows may be seconds behind",
        "a secondary replica, and an entry's mode needs the primary "
        "(`change_tracking`, `rowversion`)",
    ),
    Topic.TRACKED_DATABASE: Meaning(
        "on; its retention", "on, but nothing is cleaned up", "off, and an entry needs it"
    ),
    Topic.SOURCE_CLOCK: Meaning(
        "agrees with this machine's", "differs from it by more than 10 seconds"
    ),
    Topic.TARGET_LOGIN: Meaning(
        "the login works", problem="the database cannot be reached, or refuses the login"
    ),
    Topic.TARGET_VERSION: Meaning("PostgreSQL 13 or later", "an older one"),
    Topic.TARGET_ENCRYPTION: Meaning(
        "TLS with a verified certificate, or the same machine",
        "no TLS, or a certificate that is not verified",
    ),
    Topic.TARGET_REPLICA: Meaning(
        "the server takes writes", problem="it is a standby, which only reads"
    ),
    Topic.POOLER: Meaning(
        "none is seen, or one that allows transactions",
        problem="it allows no transactions (statement pooling)",
    ),
    Topic.TARGET_CLOCK: Meaning(
        "agrees with this machine's and the sources'",
        "differs from one of them by more than 10 seconds",
    ),
    Topic.ENCODING: Meaning("UTF8", "another one, which lacks characters or converts nothing"),
    Topic.SETTINGS: Meaning(
        "role and database force nothing that matters to a load",
        "`default_transaction_read_only`, `session_replication_role` or `temp_file_limit` is set",
    ),
    Topic.SESSIONS: Meaning(
        "enough are free",
        "fewer are free than `parallel` asks for",
        "fewer than two are free, which every load needs",
    ),
    Topic.EVENT_TRIGGERS: Meaning(
        "none runs for what loads do", "one runs when a load creates, alters or drops tables"
    ),
    Topic.LEDGER: Meaning(
        "usable, or switched off by every entry",
        problem="a right is lacking, or the ledger is of a newer version",
    ),
    Topic.OLD_TRANSACTIONS: Meaning(
        "none is older than 30 seconds",
        "one is, or a prepared one is left: a load that meets its locks gives up after 30 seconds",
    ),
    Topic.DISK: Meaning("no table is there yet, so that nothing is stored twice"),
    Topic.SELECT: Meaning(
        "the table can be read", problem="it is missing, or the login may not read it"
    ),
    Topic.TRACKED_TABLE: Meaning(
        "tracked, and the login may see its changes",
        problem="not tracked, or VIEW CHANGE TRACKING is lacking",
    ),
    Topic.ROWVERSION: Meaning(
        "the table has one rowversion column", problem="it has none, or several"
    ),
    Topic.WATERMARK_INDEX: Meaning(
        "an index begins with the column that tells changes",
        "none does, so that each run scans the table",
    ),
    Topic.RETENTION: Meaning(
        "longer than twice the longest pause between runs",
        "shorter: a later run may have to read every row",
        "shorter than a pause between runs, and `on_expired` is `stop`",
    ),
    Topic.RIGHTS: Meaning(
        "those that the publishing strategy needs are there", problem="some are lacking"
    ),
    Topic.REPLICA_IDENTITY: Meaning(
        "unpublished, or published with an identity that covers it",
        "lacking; `publish: auto` does not choose merge",
        "lacking, and changes are merged",
    ),
    Topic.PLAN: Meaning(
        "the table can be loaded as configured",
        "it can, with what the plan warns of",
        "a run would refuse it",
    ),
    Topic.DEFINITIONS: Meaning(
        "a table that will be created gets the defaults and the filtered indexes of the source's",
        "VIEW DEFINITION is lacking: they are not visible, and not created",
    ),
    Topic.NEXT_RUN: Meaning(
        "what it would read", "the mode warns of something", "the mode cannot work"
    ),
}


def table_text() -> str:
    """Return the table in Markdown, one topic a row."""
    rows = [
        f"| {topic.value} | {meaning.ok} | {meaning.warning or '-'} | {meaning.problem or '-'} |"
        for topic, meaning in MEANINGS.items()
    ]
    return "\n".join(["| topic | ok | warning | problem |", "|---|---|---|---|", *rows])
