"""A headless Chromium, driven by its DevTools protocol over a pair of pipes.

The protocol is JSON with a NUL behind each message. Two pipes need no library and no port;
Playwright would bring a driver and a Node.js of its own, for the five commands that are used here.
"""

import fcntl
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sandbox_support.system_packages import program

PATIENCE: Final = 60.0
"""Seconds without a message after which the browser is taken for hung."""

FLAGS: Final = (
    "--headless",
    "--no-sandbox",  # the tests may be root's, for whom it has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--remote-debugging-pipe",
)


LAUNCH: Final = """\
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads commands from descriptor 3, and answers to 4."""


class BrowserError(Exception):
    """The browser refused a command, went away, or is hung."""


class Browser:
    """A running browser; ``chromium`` yields one."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands = commands
        self._answers = answers
        self._received = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come before it are kept."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.events.append(answer)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def wait_for(self, method: str, session: str) -> None:
        """Wait for an event of a page; one that has come already counts."""
        while not any(
            one.get("method") == method and one.get("sessionId") == session for one in self.events
        ):
            self.events.append(self._next())

    def open(self, file: Path) -> "Page":
        """Open a file in a tab of its own, and wait until it is loaded."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable", session)
        self.call("Emulation.setFocusEmulationEnabled", session, enabled=True)
        self.events.clear()
        self.call("Page.navigate", session, url=file.as_uri())
        self.wait_for("Page.loadEventFired", session)
        return Page(self, session)

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._answers], [], [], until - time.monotonic())
            part = os.read(self._answers, 1 << 16) if ready else b""
            if not part:
                raise BrowserError("the browser went away" if ready else "the browser is hung")
            self._received += part
        message, _, self._received = self._received.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


class Page:
    """A tab."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def evaluate(self, expression: str) -> Any:
        """Return what JavaScript evaluates to; a promise is awaited."""
        answer = self._browser.call(
            "Runtime.evaluate",
            self._session,
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def resize(self, width: int, height: int = 800) -> None:
        """Give the page the width of a screen, in CSS pixels."""
        self._browser.call(
            "Emulation.setDeviceMetricsOverride",
            self._session,
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )

    def emulate(self, *, media: str = "", **features: str) -> None:
        """Show the page as for a medium (``print``), or with media features."""
        named = [{"name": name.replace("_", "-"), "value": to} for name, to in features.items()]
        self._browser.call("Emulation.setEmulatedMedia", self._session, media=media, features=named)

    def allow_clipboard(self) -> None:
        """Let the page read the clipboard, so that a test can."""
        self._browser.call(
            "Browser.grantPermissions",
            permissions=["clipboardReadWrite", "clipboardSanitizedWrite"],
        )

    def screenshot(self) -> str:
        """Return a picture of the whole page, a PNG in base64."""
        answer = self._browser.call(
            "Page.captureScreenshot", self._session, captureBeyondViewport=True
        )
        data: str = answer["data"]
        return data

    @property
    def complaints(self) -> list[str]:
        """What the console has of this page: exceptions, errors, and what the policy refused."""
        self.evaluate("0")  # events of what was done before have come by then
        return [
            json.dumps(event["params"])
            for event in self._browser.events
            if event.get("sessionId") == self._session
            and event["method"]
            in {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
        ]


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends are neither of the descriptors that the browser needs."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high[0], high[1]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser with a profile of its own, and end it afterwards."""
    binary = program("chromium")
    if binary is None:
        raise BrowserError("chromium is not installed")
    commands, our_commands = _pipe()
    our_answers, answers = _pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        pipes = [str(commands), str(answers)]
        with subprocess.Popen(
            [sys.executable, "-c", LAUNCH, *pipes, binary, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            os.close(commands)
            os.close(answers)
            try:
                browser = Browser(our_commands, our_answers)
                yield browser
                browser.call("Browser.close")
            finally:
                os.close(our_commands)
                os.close(our_answers)
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
