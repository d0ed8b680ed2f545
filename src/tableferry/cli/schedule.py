"""When a watch's runs are due: at intervals, or as a line of cron says."""

import datetime as dt
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tableferry.errors import ConfigError

if TYPE_CHECKING:
    from tableferry.runs.watch import Moment, Schedule

UNITS: Final = {"s": 1, "m": 60, "h": 3600}

SHORTEST: Final = 1.0
LONGEST: Final = 7 * 24 * 3600.0
"""Limits of an interval, in seconds. A run connects to both servers: more often than once a second
is a load on them. A service that is restarted now and then never comes to the end of a month."""

_HINT: Final = 'Give one of them: --every 30s (s, m or h), or --cron "*/5 * * * *".'


def schedule_of(every: str, cron: str) -> "Schedule":
    """Return the schedule that one of these options describes; raises ConfigError."""
    if bool(every) == bool(cron):
        given = "both" if every else "neither"
        raise ConfigError(f"watch needs --every or --cron, and {given} is given", hint=_HINT)
    return _every(every) if every else Cron.parse(cron)


@dataclass(frozen=True, slots=True)
class Every:
    """A run each time so many seconds have passed since the last one began; the first at once."""

    seconds: float
    begins_at_once: bool = True

    def left(self, since: "Moment", now: "Moment") -> float:
        """See ``Schedule``."""
        return since.seconds + self.seconds - now.seconds


def _every(text: str) -> Every:
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)([smh])", text.strip())
    if found is None:
        raise ConfigError(
            f"--every takes a number and a unit, such as 30s, 5m or 1h, not {text[:40]!r}",
            hint="s stands for seconds, m for minutes, h for hours.",
        )
    seconds = float(found[1]) * UNITS[found[2]]
    if not SHORTEST <= seconds <= LONGEST:
        raise ConfigError(
            f"--every takes 1s to 168h, not {text}",
            hint='--cron "0 3 1 * *" runs at 03:00 on the first of each month.',
        )
    return Every(seconds)


@dataclass(frozen=True, slots=True)
class Cron:
    """A line of cron, in the machine's own time zone."""

    line: str
    begins_at_once: bool = False

    @classmethod
    def parse(cls, line: str) -> "Cron":
        """Check the line; raises ConfigError, also for one whose time never comes."""
        hint = "minute hour day month weekday, as in crontab(5): */5 * * * * is every five minutes."
        fields = len(line.split())
        if fields != len(hint.partition(",")[0].split()):
            # A sixth field is the second in some programs and the year in others.
            raise ConfigError(f"--cron takes five fields, not {fields}", hint=hint)
        from cronsim import CronSimError

        schedule = cls(line)
        try:
            schedule.next(dt.datetime.now(LocalZone()))
        except (CronSimError, StopIteration) as error:
            said = str(error) or "its time never comes"
            raise ConfigError(f"--cron {line!r} is not valid: {said}", hint=hint) from None
        return schedule

    def next(self, moment: dt.datetime) -> dt.datetime:
        """Return the first time after a moment, of the moment's zone.

        Changes between standard and daylight saving time are treated as by Debian's cron: what
        would run in an hour that is skipped runs once, what runs at a fixed time never runs twice.
        """
        from cronsim import CronSim

        return next(CronSim(self.line, moment))

    def left(self, since: "Moment", now: "Moment") -> float:
        """See ``Schedule``."""
        # A clock that was set back must not make the runs wait until it is as late again.
        base = min(since.wall, now.wall, key=dt.datetime.timestamp)
        # By timestamps: between two times of one zone Python subtracts what the clock shows.
        return self.next(base).timestamp() - now.wall.timestamp()


class LocalZone(dt.tzinfo):
    """The machine's own time zone, with its changes: that of ``TZ``, or of the system.

    ``datetime.astimezone()`` knows only the offset of one moment, and the zone's name, which
    zoneinfo would need, is not known everywhere.
    """

    def utcoffset(self, when: dt.datetime | None) -> dt.timedelta | None:
        """Return the offset at a time of this zone; ``fold`` tells the second of two apart."""
        return None if when is None else when.replace(tzinfo=None).astimezone().utcoffset()

    def dst(self, when: dt.datetime | None) -> dt.timedelta | None:
        """Return None: how much of the offset is daylight saving is not known."""

    def tzname(self, when: dt.datetime | None) -> str:
        """Return the zone's abbreviation at a time."""
        moment = None if when is None else when.replace(tzinfo=None).timestamp()
        return time.strftime("%Z", time.localtime(moment))

    def fromutc(self, when: dt.datetime) -> dt.datetime:
        """Return a moment that is given in UTC as a time of this zone."""
        offset = when.replace(tzinfo=dt.UTC).astimezone().utcoffset() or dt.timedelta(0)
        local = when + offset
        return local if self.utcoffset(local) == offset else local.replace(fold=1)
