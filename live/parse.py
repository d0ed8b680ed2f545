"""Reads the files of ``probes/``. Pure but for ``read_probes``, which opens them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from live.probe import (
    AREAS,
    YEARS,
    Batch,
    Expectation,
    Fails,
    Probe,
    Rows,
    Session,
    Step,
    Succeeds,
    Versions,
    Wait,
)
from live.written import is_written, split_row

PROBES: Final = Path(__file__).parent.parent / "probes"

ONCE: Final = frozenset({"claim", "observed", "since", "until"})
SEVERAL: Final = frozenset({"page", "database", "needs", "covers"})
"""The words of a header: those that stand there once at most, and those that may be repeated."""

NEEDS: Final = re.compile(r"right [A-Z][A-Z ]+|full-text")

PAGE: Final = re.compile(r"https://learn\.microsoft\.com/en-us/sql(?:/[a-z0-9]+(?:-[a-z0-9]+)*)+")
"""Folders and a name in lower case, words joined by single hyphens; no version, no heading."""

_HEADER: Final = re.compile(r"--\s+(\w+):\s+(\S.*)")
_MORE: Final = re.compile(r"--\s{3,}(\S.*)")
_SESSION: Final = re.compile(r"--\s+session:\s+(\w+)((?:,\s*(?:login|database):\s*\w+)*)")
_BACKGROUND: Final = re.compile(r"--\s+background")
_WAIT: Final = re.compile(r"--\s+wait:\s+(\w+)")
_EXPECT: Final = re.compile(
    r"--\s+expect\s+(?:(?P<rows>rows(?: in any order)?|wire)|error (?P<number>\d+)"
    r"|(?P<success>success))"
    r"(?:\s+since\s+(?P<since>\d+))?(?:\s+until\s+(?P<until>\d+))?(?::\s*(?P<rest>.*))?"
)
_TYPED: Final = re.compile(r"(\w+)\s+(\w+(?:\([^)]*\))?(?:\[[^\]]*\])?)(?:,\s*|$)")
_MARKER: Final = re.compile(r"--\s+(?:expect|session:|background|wait:)")


class ProbeError(Exception):
    """A file of ``probes/`` is not written as it should be; the text names file and line."""


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    text: str


def read_probes(folder: Path = PROBES, areas: Sequence[str] = AREAS) -> list[Probe]:
    """Return the probes of these areas, in the order of areas and names; raises ProbeError."""
    found = []
    for area in areas:
        found += [
            parse_probe(path.read_text(encoding="utf-8"), area, path.stem)
            for path in sorted((folder / area).glob("*.sql"))
        ]
    return found


def parse_probe(text: str, area: str, name: str) -> Probe:
    """Return the probe that a file's text describes; raises ProbeError."""
    lines = [_Line(number, line.rstrip()) for number, line in enumerate(text.splitlines(), 1)]
    try:
        return _parsed(lines, area, name)
    except _WrongError as error:
        raise ProbeError(f"probes/{area}/{name}.sql, line {error.line}: {error}") from None


class _WrongError(Exception):
    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def _parsed(lines: Sequence[_Line], area: str, name: str) -> Probe:
    end = next((place for place, line in enumerate(lines) if not line.text), len(lines))
    header = _header(lines[:end])
    if "claim" not in header:
        raise _WrongError(1, "the header has no claim")
    pages = header.get("page", ())
    if not pages and "observed" not in header:
        raise _WrongError(1, "the header has neither a page nor a reason after observed")
    for page in pages:
        if not PAGE.fullmatch(page):
            raise _WrongError(1, f"{page} is no page of https://learn.microsoft.com/en-us/sql/")
    for need in header.get("needs", ()):
        if not NEEDS.fullmatch(need):
            raise _WrongError(1, f"{need} is nothing that a probe may need")
    versions = Versions(*(_year(header.get(word, ("",))[0], 1) for word in ("since", "until")))
    steps = tuple(_steps(lines[end:]))
    if not any(step.expectations for step in steps):
        raise _WrongError(len(lines), "nothing is expected")
    return Probe(
        area=area,
        name=name,
        claim=header["claim"][0],
        pages=pages,
        observed=header.get("observed", ("",))[0],
        versions=versions,
        database=header.get("database", ()),
        needs=header.get("needs", ()),
        covers=header.get("covers", ()),
        steps=steps,
    )


def _header(lines: Sequence[_Line]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    last = ""
    for line in lines:
        if more := _MORE.fullmatch(line.text):
            if not last:
                raise _WrongError(line.number, "a continuation of nothing")
            *before, begun = found[last]
            found[last] = (*before, f"{begun} {more[1]}")
            continue
        entry = _HEADER.fullmatch(line.text)
        if entry is None or entry[1] not in ONCE | SEVERAL:
            raise _WrongError(line.number, f"no line of a header: {line.text}")
        last = entry[1]
        if last in ONCE and last in found:
            raise _WrongError(line.number, f"{last} is there twice")
        found[last] = (*found.get(last, ()), entry[2])
    return found


def _year(text: str, line: int) -> int | None:
    if not text:
        return None
    if not text.isdigit() or int(text) not in YEARS:
        raise _WrongError(line, f"{text} is none of the versions {', '.join(map(str, YEARS))}")
    return int(text)


def _steps(lines: Sequence[_Line]) -> Iterator[Step]:
    """Yield the steps: a batch ends at GO, at a marker and where the file does."""
    sessions: dict[str, Session] = {"a": Session()}
    session, background = sessions["a"], False
    at = 0
    while at < len(lines):
        text = lines[at].text
        if found := _SESSION.fullmatch(text):
            session = _session(sessions, found)
            at += 1
        elif _BACKGROUND.fullmatch(text):
            background = True
            at += 1
        elif found := _WAIT.fullmatch(text):
            if found[1] not in sessions:
                raise _WrongError(lines[at].number, f"there is no session {found[1]} to wait for")
            begun = lines[at].number
            expectations, at = _expectations(lines, at + 1)
            yield Wait(sessions[found[1]], begun, expectations)
        elif not text or text.upper() == "GO":
            at += 1
        elif _MARKER.match(text):
            # An expectation without a batch is about the session itself: whether it opens.
            begun = lines[at].number
            expectations, at = _expectations(lines, at)
            yield Batch(session, "", begun, False, expectations)
        else:
            batch, at = _batch(lines, at, session)
            yield replace(batch, background=background)
            background = False


def _session(sessions: dict[str, Session], found: re.Match[str]) -> Session:
    more = dict(re.findall(r"(login|database):\s*(\w+)", found[2]))
    session = Session(found[1], **more) if more else sessions.get(found[1], Session(found[1]))
    sessions[found[1]] = session
    return session


def _batch(lines: Sequence[_Line], at: int, session: Session) -> tuple[Batch, int]:
    begun, sql = lines[at].number, []
    while at < len(lines) and lines[at].text.upper() != "GO" and not _MARKER.match(lines[at].text):
        sql.append(lines[at].text)
        at += 1
    expectations: tuple[Expectation, ...] = ()
    if at < len(lines) and lines[at].text.startswith("-- expect"):
        expectations, at = _expectations(lines, at)
    return Batch(session, "\n".join(sql).strip(), begun, False, expectations), at


def _expectations(lines: Sequence[_Line], at: int) -> tuple[tuple[Expectation, ...], int]:
    """Return those that follow each other from here, and the place after them."""
    found = []
    while at < len(lines) and re.match(r"--\s+expect\b", lines[at].text):
        line = lines[at]
        at += 1
        more = []
        while at < len(lines) and (row := _MORE.fullmatch(lines[at].text)):
            more.append(_Line(lines[at].number, row[1]))
            at += 1
        found.append(_expectation(line, more))
    return tuple(found), at


def _expectation(line: _Line, more: Sequence[_Line]) -> Expectation:
    found = _EXPECT.fullmatch(line.text)
    if found is None:
        raise _WrongError(line.number, f"no expectation: {line.text}")
    versions = Versions(*(_year(found[end] or "", line.number) for end in ("since", "until")))
    rest = (found["rest"] or "").strip()
    if found["rows"]:
        return Expectation(_rows(line, found["rows"], rest, more), versions)
    if found["success"]:
        if rest or more:
            raise _WrongError(line.number, "nothing may follow success")
        return Expectation(Succeeds(), versions)
    text = " ".join([rest, *(one.text for one in more)]).strip()
    if not text:
        raise _WrongError(line.number, "the text of the error is missing")
    return Expectation(Fails(int(found["number"]), text), versions)


def _rows(line: _Line, kind: str, rest: str, more: Sequence[_Line]) -> Rows:
    types: tuple[str, ...] = ()
    if kind == "wire":
        typed = _TYPED.findall(rest)
        columns, types = tuple(one for one, _ in typed), tuple(one for _, one in typed)
        if ", ".join(f"{one} {type_}" for one, type_ in typed) != rest:
            raise _WrongError(line.number, "columns of the wire are: name type, name type")
    else:
        columns = tuple(name.strip() for name in rest.split(","))
    if not all(columns) or not columns:
        raise _WrongError(line.number, "the names of the columns are missing")
    rows = []
    for one in more:
        row = split_row(one.text)
        if len(row) != len(columns):
            raise _WrongError(one.number, f"{len(row)} values for {len(columns)} columns")
        for value in row:
            if not is_written(value):
                raise _WrongError(one.number, f"{value} is no value as probes write them")
        rows.append(row)
    return Rows(columns, tuple(rows), kind != "rows in any order", types)
