"""The files of a report: whether they can be written is found out before a server is asked."""

import json
import tempfile
from pathlib import Path

from live.report import Report, as_json, as_markdown
from live.servers import CannotRunError


def require_writable(folder: Path) -> None:
    """Create the folder, and a file in it that is gone at once; raises CannotRunError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise _not_written(folder, error) from None


def write_report(report: Report, folder: Path) -> None:
    """Write both files, and print where they are; raises CannotRunError."""
    text = json.dumps(as_json(report), indent=1, ensure_ascii=False)
    try:
        (folder / "live-report.json").write_text(f"{text}\n", encoding="utf-8")
        (folder / "live-report.md").write_text(as_markdown(report), encoding="utf-8")
    except OSError as error:
        raise _not_written(folder, error) from None
    print(f"{report.sentence} {folder / 'live-report.md'} and live-report.json say more.")


def _not_written(folder: Path, error: OSError) -> CannotRunError:
    reason = error.strerror or type(error).__name__
    return CannotRunError(f"No report can be written to {folder}: {reason}. Name another: --output")
