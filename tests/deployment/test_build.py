"""The Lambda package: what is in it, how large it is, and that it is the same each time."""

import importlib.util
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import ModuleType

import pytest

from tests.deployment.conftest import FOLDER, REPO, Package
from tests.support.build_script import build, shell
from tests.support.lambda_runtime import find_interpreter

MB = 1_000_000
DIRECT_UPLOAD = 50 * 1024 * 1024
"""Bytes that Lambda takes without S3 (AWS: Lambda quotas, deployment package size)."""

AARCH64 = 183
"""The machine's number in a library's header (ELF for the Arm 64-bit Architecture)."""

SIGN_IN = """
import sys
sys.path[:0] = sys.argv[1:]
import azure.identity, msal, mssql_python.auth
from cryptography.hazmat.primitives.asymmetric import rsa
rsa.generate_private_key(public_exponent=65537, key_size=2048)
azure.identity.ClientSecretCredential("tenant", "client", "secret")
"""
"""What signs in as a service principal, as far as it goes without a network."""

DOCKERFILE = (REPO / "deploy" / "Dockerfile").read_text()


@dataclass(frozen=True, slots=True)
class Image:
    """The package that the image is made of, its task folder, and what the build said."""

    package: Path
    task: Path
    said: str


@pytest.fixture(scope="module")
def entries(package: Package) -> list[zipfile.ZipInfo]:
    with zipfile.ZipFile(package.path) as archive:
        return archive.infolist()


def test_the_package_holds_the_deployment_at_its_root_the_engine_and_lambdas_wheels(
    package: Package, entries: list[zipfile.ZipInfo]
) -> None:
    names = {entry.filename for entry in entries}
    with zipfile.ZipFile(package.path) as archive:
        wheels = [
            archive.read(name).decode() for name in names if name.endswith(".dist-info/WHEEL")
        ]
    assert {path.name for path in (REPO / FOLDER).glob("*.py")} <= names
    assert "tableferry/runs/run.py" in names
    assert any(name.endswith("mssqlodbc.so") for name in names)
    tags = [line for wheel in wheels for line in wheel.splitlines() if line.startswith("Tag: ")]
    assert any("x86_64" in tag for tag in tags)
    assert not any(other in tag for tag in tags for other in ("aarch64", "cp311-cp311", "macos"))


@pytest.mark.parametrize(
    "part",
    [
        "tableferry_sandbox", "/tests/", "/.", "rich/", "typer/", "cronsim/", "/include/", "azure/",
        "msal/", "cryptography/", "_flight", "parquet", "substrait", "_s3", "libarrow_dataset",
        "libmsodbcsql", "mssql_py_core.abi3.so", "boto3/",
    ],
)  # fmt: skip
def test_the_package_leaves_out_what_lambda_never_loads(
    part: str, entries: list[zipfile.ZipInfo]
) -> None:
    assert not [entry.filename for entry in entries if part in f"/{entry.filename}"]


def test_the_package_is_small_enough_to_be_uploaded_as_it_is(
    package: Package, entries: list[zipfile.ZipInfo]
) -> None:
    assert package.path.stat().st_size < DIRECT_UPLOAD
    assert sum(entry.file_size for entry in entries) < 200 * MB


def test_the_package_has_sorted_names_and_one_timestamp(entries: list[zipfile.ZipInfo]) -> None:
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(2020, 1, 1, 0, 0, 0)}


def test_every_module_has_its_bytecode_which_lambda_could_not_keep(
    package: Package, entries: list[zipfile.ZipInfo]
) -> None:
    names = {entry.filename for entry in entries}
    modules = [PurePosixPath(name) for name in names if name.endswith(".py")]
    cached = {str(m.parent / "__pycache__" / f"{m.stem}.cpython-313.pyc") for m in modules}
    assert len(cached) > 200
    if find_interpreter(package.python):
        assert cached <= names
    else:
        assert not cached & names
        assert "no bytecode" in package.said


def test_of_the_libraries_modules_only_the_bytecode_is_packed(
    package: Package, entries: list[zipfile.ZipInfo]
) -> None:
    names = {entry.filename for entry in entries}
    sources = {name for name in names if name.endswith(".py")}
    if find_interpreter(package.python):
        assert {PurePosixPath(name).parts[0] for name in sources if "/" in name} == {"tableferry"}
        assert "pydantic/main.pyc" in names
    else:
        assert "pydantic/main.py" in sources


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, str]) -> Image:
    """What the Dockerfile's steps make of what Docker is given, in a folder of its own."""
    folder = tmp_path_factory.mktemp("image")
    for path in given_to_docker():
        (folder / "src" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPO / path, folder / "src" / path)  # not its time
        shutil.copymode(REPO / path, folder / "src" / path)
    (run,) = re.findall(r"^RUN ((?:.*\\\n)*.*)", DOCKERFILE, re.MULTILINE)
    steps = re.sub(r"/(src|package)\b", rf"{folder}/\1", run)
    done = shell("sh", "-c", f"umask 077; {steps}", cwd=folder, **wheels)
    assert done.returncode == 0, done.stdout + done.stderr
    return Image(folder / "package.zip", folder / "package", done.stdout)


def given_to_docker() -> list[str]:
    """The files of the repository that the ignore file lets through."""
    known = subprocess.run(
        ["git", "-C", REPO, "ls-files"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    lines = (REPO / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    wanted = [line.removeprefix("!") for line in lines if line.startswith("!")]
    return [
        path
        for path in known
        for pattern in wanted
        if PurePosixPath(path).match(pattern) or path.startswith(f"{pattern}/")
    ]


def test_a_second_build_elsewhere_by_the_dockerfiles_steps_gives_the_same_bytes(
    package: Package, image: Image
) -> None:
    """Another folder, other times of the files, another umask."""
    assert image.package.read_bytes() == package.path.read_bytes()
    with zipfile.ZipFile(package.path) as archive:
        names = set(archive.namelist())
    files = {path for path in image.task.rglob("*") if path.is_file()}
    assert {path.relative_to(image.task).as_posix() for path in files} == names


def test_the_package_for_arm64_has_that_machines_libraries_only_and_is_as_small(
    tmp_path: Path,
) -> None:
    done = build("--no-proof", "--arch", "arm64", "--output", "arm64.zip", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^check:  (imported and called|every wheel fits)", done.stdout, re.MULTILINE)
    with zipfile.ZipFile(tmp_path / "arm64.zip") as archive:
        libraries = {name: archive.read(name)[:20] for name in archive.namelist() if ".so" in name}
        unpacked = sum(entry.file_size for entry in archive.infolist())
    assert {int.from_bytes(start[18:20], "little") for start in libraries.values()} == {AARCH64}
    for library in ("mssqlodbc.so", "ddbc_bindings.cp313-arm64.so", "pgpq/_pgpq.abi3.so"):
        assert any(name.endswith(library) for name in libraries), library
    assert (tmp_path / "arm64.zip").stat().st_size < DIRECT_UPLOAD
    assert unpacked < 200 * MB


def test_a_dependency_for_some_machines_only_is_the_targets_not_the_builders(
    tmp_path: Path,
) -> None:
    pyproject, locked = tmp_path / "pyproject.toml", tmp_path / "locked.txt"
    pyproject.write_text(
        """[project]
dependencies = [
    "a>=1", "b>=2; platform_machine != 'aarch64'", "b==1.9; platform_machine == 'aarch64'"
]
optional-dependencies = { lambda = ["c>=3"] }
"""
    )
    locked.write_text("# Made.\na==1.5\nb==2.1; platform_machine != 'aarch64'\nc==3.0\n")

    def meant_for(machine: str) -> list[str]:
        tool("requirements").main(pyproject, locked, machine, tmp_path)
        names = ("requirements.txt", "constraints.txt")
        return [(tmp_path / name).read_text() for name in names]

    assert meant_for("x86_64") == ["a>=1\nb>=2\nc>=3\n", "a==1.5\nb==2.1\nc==3.0\n"]
    assert meant_for("aarch64") == ["a>=1\nb==1.9\nc>=3\n", "a==1.5\nc==3.0\n"]
    locked.write_text("# Made.\na==1.5; python_version < '3.12'\n")
    with pytest.raises(SystemExit, match="marker is not understood: a=="):
        meant_for("x86_64")


def test_the_build_says_the_sizes_by_package_and_how_it_was_checked(package: Package) -> None:
    assert re.search(r"^ +pyarrow +\d+\.\d MB +\d+\.\d MB zipped$", package.said, re.MULTILINE)
    assert re.search(r"^size: +\d+\.\d MB zipped, \d+\.\d MB unpacked$", package.said, re.MULTILINE)
    assert re.search(r"^check:  (imported and called|every wheel fits)", package.said, re.MULTILINE)


def test_a_package_that_is_too_large_is_refused_and_not_left_behind(tmp_path: Path) -> None:
    pack = tool("pack")
    folder = tmp_path / "package"
    folder.mkdir()
    with (folder / "large.bin").open("wb") as large:
        large.truncate(pack.UNPACKED_LIMIT + 1)
    with pytest.raises(SystemExit) as ended:
        pack.main(folder, tmp_path / "package.zip")
    assert ended.value.code == 2
    assert not (tmp_path / "package.zip").exists()


@pytest.mark.parametrize(
    "tag",
    ["cp313-cp313-macosx_11_0_arm64", "cp313-cp313-manylinux_2_17_aarch64",
     "cp311-cp311-manylinux_2_17_x86_64", "cp313-cp313-manylinux_2_35_x86_64",
     "cp313-cp313-musllinux_1_2_x86_64", "cp37-abi3-manylinux_2_17_x86_64.musllinux_1_1_x86_64"],
)  # fmt: skip
def test_a_wheel_of_another_platform_or_python_is_refused_by_name(tag: str, tmp_path: Path) -> None:
    for name, wheel in (("right-1.dist-info", "cp313-cp313-manylinux_2_34_x86_64"),
                        ("wrong-2.dist-info", tag)):  # fmt: skip
        (tmp_path / name).mkdir()
        (tmp_path / name / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {wheel}\n")
    with pytest.raises(SystemExit, match=f"wrong-2.dist-info is for {tag}"):
        tool("platforms").main(tmp_path, "x86_64", "3.13")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--python", "3.11"], "no Python 3.11 for this"),
        (["--python"], "no Python"),
        (["--arch", "sparc"], "unknown architecture: sparc"),
        (["--fast"], "unknown argument: --fast"),
        (["--output", "nowhere/package.zip"], "the output's folder is not there"),
    ],
)
def test_wrong_use_of_the_build_ends_with_2_a_reason_and_a_hint(
    arguments: list[str], reason: str, tmp_path: Path
) -> None:
    done = build(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert reason in done.stderr
    assert "hint:" in done.stderr
    assert not list(tmp_path.glob("*.zip"))


def tool(name: str) -> ModuleType:
    """Import one of the build's own programs."""
    spec = importlib.util.spec_from_file_location(name, REPO / "deploy" / "package" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_image_is_lambdas_own_with_the_package_where_it_looks_for_it() -> None:
    lines = DOCKERFILE.splitlines()
    bases = [line.split()[1] for line in lines if line.startswith("FROM ")]
    build = (REPO / FOLDER / "build.sh").read_text()
    version = re.search(r"^python_version=(\S+)", build, re.MULTILINE)
    assert version is not None
    assert len(bases) == 2
    assert {base.rpartition("/")[2] for base in bases} == {f"python:{version[1]}"}
    assert lines[-2:] == [
        "COPY --from=build /package/ ${LAMBDA_TASK_ROOT}/",
        'CMD ["lambda_function.lambda_handler"]',
    ]


def test_with_entra_the_package_holds_what_signs_in_and_it_can_be_imported(
    tmp_path: Path, wheels: dict[str, str]
) -> None:
    done = build("--no-proof", "--entra", "--output", "entra.zip", cwd=tmp_path, **wheels)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(tmp_path / "entra.zip") as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "task")
    for package in ("azure/identity/", "msal/", "cryptography/"):
        assert any(name.startswith(package) for name in names), package
    interpreter = find_interpreter("3.13")
    if interpreter is None:
        assert "not run" in done.stdout
        return
    bare = [interpreter, "-I", "-S", "-B", "-c", SIGN_IN, tmp_path / "task"]
    assert subprocess.run(bare, env={}, check=False).returncode == 0


def test_a_wheel_that_is_not_to_be_had_ends_the_build_with_2_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    done = build("--arch", "arm64", "--output", "arm64.zip", cwd=tmp_path, PIP_NO_INDEX="1")
    assert done.returncode == 2
    assert "a wheel for Linux aarch64 could not be had" in done.stderr
    assert not list(tmp_path.glob("*.zip"))
