"""A Lambda environment on this machine: a package, a bare interpreter, Lambda's runtime client.

awslambdaric and boto3, which Lambda's image has in /var/runtime, are installed with pip.
"""

import contextlib
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.runtime_api import RuntimeApi, RuntimeResponse

ROOT = Path(__file__).parents[2]
HANDLER = "lambda_function.lambda_handler"

BOOTSTRAP = """
import runpy, sys
task, runtime, handler = sys.argv[1:]
sys.path[:0] = [task, runtime]
sys.argv = ["awslambdaric", handler]
runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)
"""
"""As in Lambda, the package is first on the path, before the runtime and the standard library."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """An interpreter, and the folder with the packages that Lambda itself provides."""

    interpreter: Path
    folder: Path


def find_interpreter(version: str, machine: str = platform.machine()) -> Path | None:
    """Return a Python of this version, as build.sh finds it: for another machine, emulated."""
    finder = ROOT / "deploy" / "package" / "interpreter.py"
    other = [] if machine == platform.machine() else [machine]
    done = subprocess.run(
        [sys.executable, finder, version, *other], capture_output=True, text=True, check=False
    )
    return Path(done.stdout.strip()) if done.returncode == 0 else None


def install_runtime(interpreter: Path, version: str, machine: str, folder: Path) -> Runtime:
    """Install the runtime client and the AWS SDK for this Python, in the locked versions."""
    platforms = [f"--platform={glibc}_{machine}" for glibc in ("manylinux_2_28", "manylinux2014")]
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
            *("--root-user-action=ignore", "--no-compile", "--target", folder),
            *("--python-version", version, "--only-binary=:all:", *platforms),
            *("--constraint", ROOT / "requirements" / "constraints.txt", "awslambdaric", "boto3"),
        ],
        check=True,
        stderr=subprocess.PIPE,
    )
    return Runtime(interpreter, folder)


@dataclass(slots=True)
class Function:
    """A running function: its runtime API, its process and its output.

    ``task`` is the folder of the unpacked package.
    """

    api: RuntimeApi
    task: Path
    process: subprocess.Popen[bytes]
    output: Path

    def invoke(self, event: object, *, seconds: float = 240) -> RuntimeResponse:
        """Invoke it with ``seconds`` until its deadline."""
        return self.api.invoke(event, seconds=seconds)

    @property
    def log(self) -> str:
        """Everything that it has written to stdout and stderr."""
        return self.output.read_text(encoding="utf-8")


@contextlib.contextmanager
def running(
    task: Path, runtime: Runtime, environment: Mapping[str, str], output: Path
) -> Iterator[Function]:
    """Run the package in ``task``, isolated from this environment and its packages."""
    with RuntimeApi() as api, output.open("wb") as log:
        process = subprocess.Popen(
            [
                *(runtime.interpreter, "-I", "-S", "-B", "-c", BOOTSTRAP),
                *(task, runtime.folder, HANDLER),
            ],
            cwd=task,
            env={
                "AWS_LAMBDA_RUNTIME_API": api.address,
                "AWS_LAMBDA_FUNCTION_NAME": "tableferry",
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
                "LAMBDA_TASK_ROOT": str(task),
                "LANG": "en_US.UTF-8",
                "TZ": ":UTC",
                **environment,
            },
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Function(api, task, process, output)
        finally:
            process.terminate()
            process.wait(10)
