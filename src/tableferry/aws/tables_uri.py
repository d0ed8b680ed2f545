"""The table file of a deployment whose tables are kept in S3 or Parameter Store, and not in it.

A new table is then a new version of the file, and no new package. A warm function reads the file
again only when S3 has another ETag of it, or Parameter Store another version.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tableferry.aws.clients import Clients
from tableferry.config import TableSet
from tableferry.config.config_file import toml_table_set
from tableferry.errors import ConfigError

VARIABLE: Final = "TABLES_URI"

MOST_BYTES: Final = 1_000_000
"""Size limit of the file: two hundred tables with every key written take a tenth of it."""

_S3: Final = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.+\.toml)")
_SSM: Final = re.compile(r"ssm:(?P<name>\S+)")

_RIGHTS: Final = {
    "s3": "s3:GetObject on it (and kms:Decrypt with its key)",
    "ssm": "ssm:GetParameter (and kms:Decrypt with its key)",
}


@dataclass(frozen=True, slots=True)
class _Version:
    """What was read last: from where, its ETag or version, and what it says."""

    uri: str
    version: str
    tables: TableSet


class DeployedTables:
    """The tables of a deployment: those of ``TABLES_URI`` if it is set, else its own.

    Keeps what it has read for the next invocation. ``own`` returns what the package says.
    """

    def __init__(self, own: Callable[[], TableSet], clients: Clients | None = None) -> None:
        self._own = own
        self._clients = clients or Clients()
        self._read: _Version | None = None

    def read(self) -> TableSet:
        """Return the tables; raises ConfigError, TransientError where AWS cannot be reached."""
        uri = os.environ.get(VARIABLE, "").strip()
        if not uri:
            return self._own()
        if found := _S3.fullmatch(uri):
            return self._from_s3(uri, found["bucket"], found["key"])
        if found := _SSM.fullmatch(uri):
            return self._from_parameter(uri, found["name"])
        raise ConfigError(
            f"{VARIABLE} is not valid",
            hint="Set it to s3://BUCKET/KEY.toml or ssm:NAME, or leave it out.",
        )

    def _from_s3(self, uri: str, bucket: str, key: str) -> TableSet:
        with self._clients.asking("s3", uri, _RIGHTS["s3"]) as client:
            about = client.head_object(Bucket=bucket, Key=key)
            known = self._known(uri, about["ETag"])
            if known is not None:
                return known
            _require_small(uri, about["ContentLength"])
            answer = client.get_object(Bucket=bucket, Key=key)
            _require_small(uri, answer["ContentLength"])
            content: bytes = answer["Body"].read()
        return self._remember(uri, answer["ETag"], content)

    def _from_parameter(self, uri: str, name: str) -> TableSet:
        with self._clients.asking("ssm", uri, _RIGHTS["ssm"]) as client:
            parameter = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        version = str(parameter["Version"])
        known = self._known(uri, version)
        if known is not None:
            return known
        return self._remember(uri, version, str(parameter["Value"]).encode())

    def _known(self, uri: str, version: str) -> TableSet | None:
        read = self._read
        is_same = read is not None and (read.uri, read.version) == (uri, version)
        return read.tables if read is not None and is_same else None

    def _remember(self, uri: str, version: str, content: bytes) -> TableSet:
        tables = toml_table_set(content, uri)
        self._read = _Version(uri, version, tables)
        return tables


def _require_small(uri: str, size: int) -> None:
    if size > MOST_BYTES:
        raise ConfigError(
            f"{uri} has {size:,} bytes: more than {MOST_BYTES:,} are not read",
            hint=f"Set {VARIABLE} to a table file in TOML.",
        )
