"""Standard output and error that cannot fail a run.

A reader that goes away (``tableferry sync | head -1``), a full disk, a name that the terminal's
encoding lacks: none of these may end a run that is in the middle of a table.
"""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TextIO

READER_GONE: Final = frozenset({errno.EPIPE, errno.ESHUTDOWN})
"""The reader closed the pipe on purpose: not worth a word on stderr."""


class _Shielded:
    """A text stream whose writes never raise; the first error is kept, and the rest discarded."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def write(self, text: str) -> int:
        """Write text, or discard it once the stream has failed."""
        self._guarded(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush the stream, unless it has failed."""
        self._guarded(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _guarded(self, action: Callable[[], object]) -> None:
        if self.error is not None:
            return
        try:
            action()
        except OSError as error:
            self.error = error
            _discard(self._stream)


@contextlib.contextmanager
def shielded_output() -> Iterator[None]:
    """Let stdout and stderr take every character, and never raise, while the block runs.

    Characters that an encoding lacks are written as escapes. Where stdout could not take all of
    the output for another reason than that its reader is gone, stderr says so at the end.
    """
    out, err = _Shielded(_open(sys.stdout)), _Shielded(_open(sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            yield
        finally:
            out.flush()
            if out.error is not None and out.error.errno not in READER_GONE:
                err.write(f"The output is incomplete: {out.error.strerror}\n")
            err.flush()


def _open(stream: TextIO | None) -> TextIO:
    """Return a stream; for one that was closed when the process began (``>&-``), /dev/null.

    It stays open until the process ends, since it belongs to nobody else.
    """
    return Path(os.devnull).open("w", encoding="utf-8") if stream is None else stream


def _discard(stream: TextIO) -> None:
    """Point a stream that has failed at /dev/null: what it still buffers must not fail at exit."""
    with contextlib.suppress(OSError, ValueError), Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), stream.fileno())
