"""Status pages in S3: one for each run, which alerts link to, and always the latest."""

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from uuid import UUID

from tableferry.aws.clients import Clients

if TYPE_CHECKING:
    from tableferry.aws.load_config import Config

LATEST: Final = "latest.html"
"""The name of the page that each run replaces."""


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class PageFolder:
    """Where a run's page is written: ``folder`` is ``s3://bucket/prefix``.

    ``began`` is when the run began, by which its page is named.
    """

    folder: str
    run_id: UUID
    clients: Clients
    began: dt.datetime = field(default_factory=_now)

    @property
    def bucket(self) -> str:
        """The bucket's name."""
        return self.folder.removeprefix("s3://").split("/")[0]

    @property
    def key(self) -> str:
        """The key of the run's own page; a day's pages have a prefix of their own."""
        return self._key(f"{self.began:%Y-%m-%d}/{self.began:%H%M%S}-{self.run_id}.html")

    @property
    def link(self) -> str:
        """The page in the console, where whoever may read the object opens it."""
        place = quote(self.bucket, safe="")
        return f"https://console.aws.amazon.com/s3/object/{place}?prefix={quote(self.key, safe='')}"

    @property
    def about(self) -> str:
        """What an alert says of the page, which is written when the alert has been sent."""
        return f"status page: s3://{self.bucket}/{self.key}\n{self.link}"

    def write(self, config: "Config") -> None:
        """Write the page of all these tables, twice; raises TableferryError."""
        from tableferry.inspect.status import table_status
        from tableferry.report.page import render_page
        from tableferry.states.words import event_commands

        report = table_status(config.tables, config.settings.target, event_commands)
        page = render_page(report).encode("utf-8", "replace")
        for key in (self.key, self._key(LATEST)):
            self._put(key, page)

    def _key(self, name: str) -> str:
        return "/".join((*self.folder.removeprefix("s3://").split("/")[1:], name))

    def _put(self, key: str, page: bytes) -> None:
        what = f"Writing s3://{self.bucket}/{key}"
        with self.clients.asking("s3", what, "s3:PutObject") as client:
            client.put_object(
                Bucket=self.bucket,
                Key=key,
                Body=page,
                ContentType="text/html; charset=utf-8",
                CacheControl="no-cache",
            )
