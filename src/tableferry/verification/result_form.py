"""A table's verification as JSON that is handed on between processes, read back and made small."""

import json
from collections.abc import Mapping
from typing import Any, Final

from tableferry.errors import ConfigError, ErrorReport
from tableferry.model.identifiers import TargetTable
from tableferry.verification.differences import Difference, DifferenceKind
from tableferry.verification.options import Depth
from tableferry.verification.result import TableVerification, Verdict

MOST_CHARACTERS: Final = 150
"""Of an error's text, its hint and a warning in a small form; the log line of the step has all."""

MOST_WARNINGS: Final = 3
"""Of a small form."""


def verification_of(form: object) -> TableVerification:
    """Return the verification that ``TableVerification.to_dict`` has the form of.

    Raises ConfigError for anything else. Values of rows are not read.
    """
    try:
        return _verification(form)
    except (AttributeError, ConfigError, KeyError, TypeError, ValueError):
        raise ConfigError(
            "This is not the result of a verification that tableferry has written",
            hint="Begin the verification again.",
        ) from None


def small_form(found: TableVerification, most_bytes: int) -> dict[str, Any]:
    """Return the JSON form with as many of the rows that differ as ``most_bytes`` leave room for.

    Texts are shortened; the counts are complete.
    """
    form = found.to_dict(rows=False)
    form.pop("losses", None)  # the plan has them, for all chunks alike
    if found.watermark:
        form["watermark"] = found.watermark  # by which the chunks of one load are known
    if warnings := form.get("warnings"):
        form["warnings"] = [_short(text) for text in warnings[:MOST_WARNINGS]]
    if found.error:
        form["error"] = short_report(found.error)
    if "reason" in form:
        form["reason"] = _short(form["reason"])
    listed = []
    room = most_bytes - len(json.dumps(form))
    for row in found.to_dict().get("differences", ()):
        room -= len(json.dumps(row)) + 2
        if room < 0:
            break
        listed.append({key: row[key] for key in ("kind", "key", "columns") if key in row})
    return {**form, **({"differences": listed} if listed else {})}


def short_report(error: ErrorReport) -> dict[str, str]:
    """Return an error's JSON form, its texts shortened."""
    return {key: _short(text) for key, text in error.to_dict().items()}


def report_of(form: object) -> ErrorReport:
    """Return the error that ``ErrorReport.to_dict`` has the form of; raises as dicts do."""
    if not isinstance(form, Mapping):
        raise TypeError("error")
    kind, message, hint, code = (form.get(key, "") for key in ("type", "message", "hint", "code"))
    return ErrorReport(_text(kind), _text(message), _text(hint), _text(code))


def _verification(form: Any) -> TableVerification:
    listed = form.get("differences", ())
    key = tuple(map(_text, listed[0]["key"])) if listed else ()
    return TableVerification(
        _text(form["table"]),
        str(TargetTable.parse(form["target"])),
        Verdict(form["verdict"]),
        Depth(form["depth"]),
        source_rows=_number(form.get("source_rows", 0)),
        target_rows=_number(form.get("target_rows", 0)),
        counts={DifferenceKind(kind): _number(n) for kind, n in form.get("counts", {}).items()},
        differences=tuple(_row(one, key) for one in listed),
        key=key,
        by_column=_numbers(form.get("by_column", {})),
        not_compared={_text(k): _text(v) for k, v in form.get("not_compared", {}).items()},
        touched={_text(k): _numbers(v) for k, v in form.get("touched", {}).items()},
        reason=_text(form.get("reason", "")),
        explained=_number(form.get("explained", 0)),
        quarantined=_number(form.get("quarantined", 0)),
        kept=_number(form.get("kept", 0)),
        confidence=_text(form.get("confidence", "")),
        as_of=_text(form.get("as_of", "")),
        watermark=_text(form.get("watermark", "")),
        losses={_text(k): _text(v) for k, v in form.get("losses", {}).items()},
        repaired=_numbers(form.get("repaired", {})),
        warnings=tuple(_text(one) for one in form.get("warnings", ())),
        seconds=float(form.get("seconds", 0.0)),
        error=report_of(form["error"]) if "error" in form else None,
    )


def _row(form: Any, key: tuple[str, ...]) -> Difference:
    values = tuple(None if form["key"][name] is None else _text(form["key"][name]) for name in key)
    columns = tuple(_text(one) for one in form.get("columns", ()))
    return Difference(DifferenceKind(form["kind"]), values, columns)


def _numbers(form: Any) -> dict[str, int]:
    return {_text(key): _number(value) for key, value in form.items()}


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("number")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("text")
    return value


def _short(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}..."
