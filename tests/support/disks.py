"""A disk that is soon full, where this machine lets a test have one; and one in memory."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

MEGABYTES: Final = 4


@contextlib.contextmanager
def small_disk() -> Iterator[Path]:
    """Mount a file system in memory of a few megabytes; raises OSError where that is forbidden."""
    with tempfile.TemporaryDirectory(prefix="small-disk-") as folder:
        options = f"size={MEGABYTES}m,mode=0777"
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            raise PermissionError("mounting takes root's rights")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def _can_mount() -> bool:
    try:
        with small_disk():
            return True
    except OSError:
        return False


SMALL_DISKS: Final = ["tmpfs"] if _can_mount() else []
"""Empty where tests run without the right to mount."""


def _memory() -> Path | None:
    folder, needed = Path("/dev/shm"), 2**31  # half a gigabyte for each of four servers
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    has_room = found.f_bavail * found.f_frsize >= needed
    # As root the server's programs may have to be copied beside its data.
    may_run = not found.f_flag & os.ST_NOEXEC
    return folder if has_room and may_run and os.access(folder, os.W_OK) else None


MEMORY: Final = _memory()
"""A folder that is kept in memory, for databases; None where there is none with room.

A database is 300 files that are made and removed for each test. ext4 gives no inode again that was
freed in the last seconds, and looks for another one by one: that cost more than the tests.
"""
