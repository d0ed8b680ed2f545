"""A pytest plugin: tests that need system packages run where those are installed.

``@pytest.mark.needs_packages("pgbouncer")`` names Debian packages. Where one is missing, the test
is deselected, and one line of the summary counts these tests and names the packages. With
``-m needs_packages`` nothing is deselected for a missing package: the test fails and names it.
"""

import ctypes
import os
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import pytest

MARK: Final = "needs_packages"
SEARCH_PATH: Final = f"{os.environ.get('PATH', '')}:/usr/sbin"
"""Debian installs servers to /usr/sbin, which is not on every user's PATH."""


def program(name: str) -> str | None:
    """Return the path of an installed program."""
    return shutil.which(name, path=SEARCH_PATH)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


INSTALLED: Final[dict[str, Callable[[], bool]]] = {
    "chromium": lambda: program("chromium") is not None,
    "freetds-bin": lambda: program("tsql") is not None,
    "libgssapi-krb5-2": lambda: _loads("libgssapi_krb5.so.2"),
    "libltdl7": lambda: _loads("libltdl.so.7"),
    "pgbouncer": lambda: program("pgbouncer") is not None,
}
"""Every package that a test may name, and how to find out whether it is installed."""

_LEFT_OUT: Final = pytest.StashKey[Counter[str]]()


@pytest.fixture(
    params=[
        "mssql-odbc",
        pytest.param(
            "msodbcsql18", marks=pytest.mark.needs_packages("libltdl7", "libgssapi-krb5-2")
        ),
    ]
)
def provider(request: pytest.FixtureRequest) -> str:
    """Each provider of Microsoft's driver; a process uses the first one it loads."""
    name: str = request.param
    return name


def register(config: pytest.Config) -> None:
    """Register this module as a plugin, once, however many conftest files call this."""
    this_module = sys.modules[__name__]
    if not config.pluginmanager.is_registered(this_module):
        config.pluginmanager.register(this_module)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"{MARK}(*names): the Debian packages a test needs")
    config.stash[_LEFT_OUT] = Counter()


# Last: what -k and -m deselect is not left out for want of a package.
@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.markexpr == MARK:
        return
    missing = {name for name, is_installed in INSTALLED.items() if not is_installed()}
    kept, left_out = [], []
    for item in items:
        lacks = sorted(missing & _needs(item))
        (left_out if lacks else kept).append(item)
        if lacks:
            config.stash[_LEFT_OUT][" and ".join(lacks)] += 1
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_runtest_setup(item: pytest.Item) -> None:
    lacks = sorted(name for name in _needs(item) if not INSTALLED[name]())
    if lacks:
        pytest.fail(f"needs packages: apt-get install {' '.join(lacks)}", pytrace=False)


def _needs(item: pytest.Item) -> set[str]:
    return {name for mark in item.iter_markers(MARK) for name in mark.args}


# With xdist the workers collect and the controller reports: the counts travel with a worker's exit.
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["left_out"] = dict(session.config.stash[_LEFT_OUT])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    left_out = getattr(node, "workeroutput", {}).get("left_out", {})  # nothing of a crashed one
    node.config.stash[_LEFT_OUT] |= Counter(left_out)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if left_out := config.stash[_LEFT_OUT]:
        tests = ", ".join(
            f"{count} {'test needs' if count == 1 else 'tests need'} {names}"
            for names, count in sorted(left_out.items())
        )
        pronoun = "it" if left_out.total() == 1 else "them"
        packages = sorted({name for names in left_out for name in names.split(" and ")})
        terminalreporter.write_line(
            f"not run here: {tests} (to run {pronoun}: apt-get install {' '.join(packages)})"
        )
