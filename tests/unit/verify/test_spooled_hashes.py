"""Hashes that do not fit into memory wait in files that vanish with them."""

import tempfile
from pathlib import Path

import numpy as np
import pytest

from tableferry.errors import ConfigError
from tableferry.verification.buckets import Side
from tableferry.verification.spooled_hashes import SpooledHashes

KEYS = np.arange(100, dtype=np.uint64)
SIZES = np.full(100, 50)


def fill(spool: SpooledHashes, parts: int) -> None:
    """A hundred rows, of which every seventh has another value in the target."""
    part_of = (KEYS % parts).astype(np.int16)
    part_of[99] = -1
    spool.add(part_of, Side.SOURCE, KEYS, KEYS * 3, SIZES)
    damaged = np.where(KEYS % 7 == 0, 1, KEYS * 3).astype(np.uint64)
    spool.add(part_of, Side.TARGET, KEYS, damaged, SIZES)


@pytest.mark.parametrize("parts", [1, 2, 9])
def test_each_part_holds_its_rows(parts: int) -> None:
    with SpooledHashes(parts) as spool:
        fill(spool, parts)
        found = [spool.hashed_rows(part).surplus() for part in range(parts)]
    keys = [set(surplus.keys.tolist()) for surplus in found]
    for part, some in enumerate(keys):
        assert some == {key for key in range(0, 99, 7) if key % parts == part}
    assert sum(surplus.different for surplus in found) == len(range(0, 99, 7))


def test_the_files_are_gone_afterwards_and_were_never_to_be_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with SpooledHashes(4) as spool:
        fill(spool, 4)
        assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="closed file"):
        spool.hashed_rows(0)


def test_a_folder_without_room_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nonexistent")
    with pytest.raises(ConfigError, match="/nonexistent") as raised, SpooledHashes(2):
        pass
    assert "TMPDIR" in raised.value.hint
