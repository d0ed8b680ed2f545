"""Full disks for tests, with and without the right to mount one; and a folder in memory."""

import contextlib
import ctypes
import errno
import os
import platform
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

MEGABYTES: Final = 4

FALLOCATE: Final = {"x86_64": (0xC000003E, 285), "aarch64": (0xC00000B7, 47)}
"""By machine: its seccomp audit number (linux/audit.h), and the number of fallocate(2)."""

NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2
"""Options of prctl(2)."""


@contextlib.contextmanager
def small_disk() -> Iterator[Path]:
    """Mount an in-memory file system of a few megabytes. Raises OSError where that is forbidden."""
    with tempfile.TemporaryDirectory(prefix="small-disk-") as folder:
        options = f"size={MEGABYTES}m,mode=0777"
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            raise PermissionError("mounting requires root")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def can_mount() -> bool:
    """Whether this process may mount file systems; most may not."""
    try:
        with small_disk():
            return True
    except OSError:
        return False


def without_room(start: Callable[[], object]) -> None:
    """Start processes for which the disk is full.

    A seccomp filter returns ENOSPC wherever fallocate(2) would grow a file beyond two megabytes, as
    PostgreSQL's tables do. Child processes inherit it from the thread that starts them; it requires
    no privileges. Raises OSError where the kernel has no such filters.
    """

    def filtered() -> None:
        _refuse_room()
        start()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(filtered).result()


def _refuse_room() -> None:
    """Install the filter for this thread and all processes that it starts."""
    machine, call = FALLOCATE[platform.machine()]
    load, equal, at_least, end, allow = 0x20, 0x15, 0x35, 0x06, 0x7FFF0000
    program = [  # linux/bpf_common.h: code, jump if true, jump if false, value
        (load, 0, 0, 4),  # struct seccomp_data: the machine
        (equal, 0, 5, machine),
        (load, 0, 0, 0),  # the system call
        (equal, 0, 3, call),
        (load, 0, 0, 32),  # its third argument: the offset in the file
        (at_least, 0, 1, 2**21),
        (end, 0, 0, 0x00050000 | errno.ENOSPC),
        (end, 0, 0, allow),
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    header = struct.pack("@HP", len(program), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(SECCOMP, FILTER, header, 0, 0):
        raise OSError(ctypes.get_errno(), "this kernel does not support seccomp filters")


def _memory() -> Path | None:
    folder, needed = Path("/dev/shm"), 2**31  # half a gigabyte for each of four servers
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    has_room = found.f_bavail * found.f_frsize >= needed
    # As root, PostgreSQL's programs may have to be copied next to its data and run from there.
    may_run = not found.f_flag & os.ST_NOEXEC
    return folder if has_room and may_run and os.access(folder, os.W_OK) else None


MEMORY: Final = _memory()
"""An in-memory folder for databases, None where there is none with enough space.

Each test creates and removes a database of 300 files. ext4 does not reuse an inode freed in the
last seconds and searches for the next free one linearly, which took longer than the tests.
"""
