"""A disk that is soon full, where this machine lets a test have one."""

import contextlib
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
