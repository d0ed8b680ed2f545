"""The encoder of Linux on aarch64, on this machine."""

import contextlib
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tableferry.postgres import encoding

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture(scope="session")
def older_pgpq(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The pgpq version that Linux on aarch64 uses, from its wheel for this machine."""
    folder = tmp_path_factory.mktemp("pgpq")
    (version,) = re.findall(r"pgpq==(\S+); platform_machine == 'aarch64'", PYPROJECT.read_text())
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--root-user-action=ignore", "--no-deps", "--only-binary=:all:"),
            *("--target", folder, f"pgpq=={version}"),
        ],
        check=True,
        stderr=subprocess.PIPE,
    )
    # A name other than that of the imported module; its last part must be the library's own.
    spec = importlib.util.spec_from_file_location(
        "older_pgpq._pgpq", folder / "pgpq" / "_pgpq.abi3.so"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def encoding_by(older_pgpq: Any) -> Iterator[None]:
    """Let the engine encode as it does on Linux aarch64."""
    assert encoding.SUPPORTS_DECIMALS
    older = older_pgpq.ArrowToPostgresBinaryEncoder
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding.pgpq, "ArrowToPostgresBinaryEncoder", older)
        patch.setattr(encoding, "SUPPORTS_DECIMALS", False)
        yield


@pytest.fixture(params=["this_machine", "aarch64"])
def each_encoder(request: pytest.FixtureRequest, older_pgpq: Any) -> Iterator[None]:
    """Run a test twice: with this machine's encoder and with that of Linux on aarch64."""
    with encoding_by(older_pgpq) if request.param == "aarch64" else contextlib.nullcontext():
        yield
