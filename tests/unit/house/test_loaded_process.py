"""A process that is forked with the engine loaded is what a new interpreter would be."""

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.loaded_process import PIPE, run, shell_words, start

ENV = {"PATH": os.environ["PATH"]}


def test_it_has_its_own_arguments_environment_folder_and_exit_code(tmp_path: Path) -> None:
    code = "import os, sys; print(sys.argv, dict(os.environ), os.getcwd()); sys.exit(7)"
    done = run("-c", code, "a", "b c", env={**ENV, "X": "ü"}, cwd=tmp_path)
    said = f"{['-c', 'a', 'b c']} { ({**ENV, 'X': 'ü'}) } {tmp_path}\n"
    assert (done.returncode, done.stdout, done.stderr) == (7, said, "")


def test_a_module_is_the_main_one_and_found_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    module = tmp_path / "part" / "__main__.py"
    module.write_text("import sys; print(__name__, __package__, sys.argv, __file__)")
    done = run("-m", "part", "x", env=ENV, cwd=tmp_path)
    assert done.stdout == f"__main__ part {[str(module), 'x']} {module}\n"


def test_a_script_is_the_main_one_and_finds_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "beside.py").write_text("here = 1")
    (tmp_path / "part" / "s.py").write_text(
        "import sys, beside; print(__name__, __file__, sys.argv)"
    )
    done = run("part/s.py", "x", env=ENV, cwd=tmp_path)
    assert done.stdout == f"__main__ part/s.py {['part/s.py', 'x']}\n", done.stderr


def test_the_engine_is_loaded_and_nothing_is_open_but_its_streams() -> None:
    code = (
        "import os, sys; print('tableferry.runs.run' in sys.modules, 'mssql_python' in sys.modules,"
        " [n for n in range(100) if os.path.exists(f'/proc/self/fd/{n}')])"
    )
    for _ in range(2):  # nothing of the first is there in the second
        assert run("-c", code, env=ENV).stdout == "True True [0, 1, 2]\n"


def test_what_it_does_to_itself_is_not_there_in_the_next() -> None:
    assert run("-c", "import sys; sys.modules['marked'] = sys", env=ENV).returncode == 0
    assert run("-c", "import marked", env=ENV).returncode == 1


def test_an_error_is_a_traceback_and_exit_code_1() -> None:
    done = run("-c", "1 / 0", env=ENV)
    assert done.returncode == 1
    assert done.stderr.endswith("ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGHUP])
def test_a_signal_ends_it_and_is_its_return_code(number: signal.Signals) -> None:
    with start("-c", "import time; print('up', flush=True); time.sleep(60)", env=ENV) as process:
        assert process.stdout
        assert process.stdout.readline() == "up\n"
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.01)
        process.send_signal(number)
        assert process.wait(60) == -number
    assert process.poll() == -number


def test_ctrl_c_is_an_interrupt_as_in_a_new_interpreter() -> None:
    code = "import time; print('up', flush=True); time.sleep(60)"
    with start("-c", code, env=ENV) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(60)
    assert said.endswith("KeyboardInterrupt\n")
    assert process.returncode == -signal.SIGINT


def test_it_reads_and_writes_while_it_runs() -> None:
    code = "import sys\nfor line in sys.stdin: print(line.upper(), end='', flush=True)"
    with start("-c", code, env=ENV, stdin=PIPE) as process:
        assert process.stdin
        assert process.stdout
        for word in ("eins\n", "zwei\n"):
            process.stdin.write(word)
            process.stdin.flush()
            assert process.stdout.readline() == word.upper()
        assert process.communicate(60) == ("", "")
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("code", "ended"), [("print(input())", "0"), ("import sys; sys.exit(3)", "3"),
                        ("import os; os.kill(os.getpid(), 9)", "137")],
)  # fmt: skip
def test_a_shell_starts_one_with_its_streams_and_gets_its_exit_code(
    code: str, ended: str, tmp_path: Path
) -> None:
    script = f"echo said | {shell_words('-c', code)} >out 2>&1; echo $?"
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, cwd=tmp_path, env=ENV, check=True
    )
    assert done.stdout == f"{ended}\n"
    assert (tmp_path / "out").read_text() == ("said\n" if ended == "0" else "")


@pytest.mark.parametrize("name", ["PYTHONIOENCODING", "LC_ALL", "MSSQL_PYTHON_NATIVE_PROVIDER"])
def test_a_variable_that_would_come_too_late_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        start("-c", "", env={**ENV, name: "x"})
