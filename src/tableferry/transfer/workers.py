"""Run jobs in threads: the first error stops them all, and is the one that is raised."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

LEAVING_SECONDS: Final = 2.0
"""How long to wait for threads to stop, before and after their waits are cancelled."""

TICK: Final = 0.5
"""Seconds after which the caller's ``check`` is asked while the threads work."""

THREAD: Final = "tableferry-worker"

Check = Callable[[], None]
"""Raises where it is time to stop: of a deadline, of a run that was cancelled."""


class StoppedError(Exception):
    """Another thread has failed: this one stops without an error of its own."""


def work_together(
    jobs: Sequence[Callable[[Check], None]],
    check: Check,
    cancel: Callable[[], None] = lambda: None,
) -> None:
    """Run the jobs at the same time, each in a thread; raises the first error of any of them.

    A job gets a check of its own, to be asked between its steps: it raises what ``check`` does, and
    StoppedError when another job has failed. On any error, also one that is raised here (Ctrl-C),
    the jobs are waited for, then ``cancel`` is to end what they wait in; a thread that still
    does not end is left behind.
    """
    together = _Together(check)
    threads = [
        threading.Thread(target=together.run, args=(job,), name=THREAD, daemon=True) for job in jobs
    ]
    try:
        for thread in threads:
            thread.start()
        together.wait(len(threads))
    except BaseException:
        together.stopping.set()
        if not _joined(threads):
            cancel()
            _joined(threads)
        raise
    _joined(threads)


class _Together:
    def __init__(self, check: Check) -> None:
        self._asked = check
        self._changed = threading.Condition()
        self._ended = 0
        self._error: BaseException | None = None
        self.stopping = threading.Event()

    def check(self) -> None:
        if self.stopping.is_set():
            raise StoppedError
        self._asked()

    def run(self, job: Callable[[Check], None]) -> None:
        try:
            job(self.check)
        except StoppedError:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the work was ordered
            with self._changed:
                self._error = self._error or error
                self.stopping.set()
        finally:
            with self._changed:
                self._ended += 1
                self._changed.notify_all()

    def wait(self, jobs: int) -> None:
        with self._changed:
            while self._ended < jobs and self._error is None:
                self._changed.wait(TICK)
                self._asked()
            if self._error is not None:
                raise self._error


def _joined(threads: Sequence[threading.Thread]) -> bool:
    """Wait for the threads for a while; says whether all have ended."""
    until = time.monotonic() + LEAVING_SECONDS
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)
