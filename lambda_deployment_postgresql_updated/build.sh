#!/usr/bin/env bash
# Makes lambda_function_with_postgresql.zip: this folder, the engine, and the wheels of Lambda's
# platform (Amazon Linux 2023: glibc 2.34, OpenSSL 3). Needs python3 >= 3.11 with pip, and a package
# index for the wheels; runs from any folder, on any machine.
#
#   ./build.sh [--python 3.13|3.12] [--arch x86_64|arm64] [--output FILE]
#
# The same sources and locked versions make the same bytes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
python_version=3.13
arch=x86_64
output=$here/lambda_function_with_postgresql.zip

refuse() { printf 'build.sh: %s\nhint: %s\n' "$1" "$2" >&2; exit 2; }

while [ $# -gt 0 ]; do
    case $1 in
        --python) python_version=${2-} ;;
        --arch) arch=${2-} ;;
        --output) output=${2:?build.sh: --output needs a file} ;;
        *) refuse "unknown argument: $1" "./build.sh [--python 3.13|3.12] [--arch x86_64|arm64] [--output FILE]" ;;
    esac
    shift $(($# > 1 ? 2 : 1))
done
# Lambda's Python 3.11 runs on Amazon Linux 2, whose glibc and OpenSSL are too old for the driver.
case $python_version in 3.12|3.13) ;; *) refuse "no Python $python_version for this" "Choose 3.13 or 3.12." ;; esac
case $arch in x86_64) machine=x86_64 ;; arm64) machine=aarch64 ;; *) refuse "unknown architecture: $arch" "Choose x86_64 or arm64." ;; esac
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || refuse "python3 is missing or older than 3.11" "Install Python 3.11 or newer."
python3 -m pip --version >/dev/null 2>&1 || refuse "python3 has no pip" "Run python3 -m ensurepip, or install pip."

# Resolved here, before any cd: a relative output is meant from where the caller stands.
output=$(cd "$(dirname "$output")" && pwd)/$(basename "$output")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
package=$work/package
mkdir "$package"

# --- the wheels: what the engine needs, without what only the command line shows -------------------
python3 - "$root/pyproject.toml" >"$work/requirements.txt" <<'PYTHON'
import re, sys, tomllib

with open(sys.argv[1], "rb") as file:
    project = tomllib.load(file)["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["lambda"]:
        if re.match(r"[\w.-]+", requirement)[0].lower() not in {"rich", "typer"}:
            print(requirement)
PYTHON
# manylinux_2_34 comes first: the driver's older wheels want OpenSSL 1.1, which Lambda has not got.
platforms=()
for platform in manylinux_2_34 manylinux_2_28 manylinux_2_17 manylinux2014; do
    platforms+=(--platform "${platform}_$machine")
done
constraints=(--constraint "$root/requirements/constraints.txt")
echo "wheels for Python $python_version on Linux $machine"
python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --no-compile \
    --root-user-action=ignore --only-binary=:all: --implementation cp --python-version "$python_version" \
    "${platforms[@]}" "${constraints[@]}" --target "$package" --requirement "$work/requirements.txt" ||
    refuse "a wheel for Linux $machine could not be had (pip says which above)" "Check the network; pgpq 0.12 has no wheel for arm64: then choose x86_64."

# --- the engine and this folder --------------------------------------------------------------------
cp -R "$root/src/tableferry" "$package/"
rm -rf "$package"/tableferry/{sandbox,report,cli.py,demo.py}
cp "$here"/*.py "$package/"
before=$(du -sm "$package" | cut -f1)

# --- what is never loaded: tests, headers, other Pythons, Arrow's file formats and network -----------
cd "$package"
find . \( -name __pycache__ -o -name tests -o -name include -o -name '.?*' \) -type d -prune -exec rm -rf {} +
find . \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' -o -name '*.pxi' -o -name '*.h' -o -name '*.a' \) -type f -delete
rm -rf bin numpy/f2py numpy/typing pyarrow/src
for name in flight s3fs gcsfs azurefs hdfs orc substrait parquet dataset pyarrow_cpp_tests; do
    rm -f pyarrow/_"$name".*.so pyarrow/_"$name"_*.so
done
# libarrow.so itself names substrait, dataset and parquet as needed: those stay.
rm -f pyarrow/libarrow_flight.so* pyarrow/libarrow_s3.so* pyarrow/libarrow_python_*.so*
rm -f pyarrow/libarrow_python.so pyarrow/libarrow_python.so.*.*
find mssql_python -name 'ddbc_bindings.cp*.so' ! -name "ddbc_bindings.cp${python_version/./}-*" -delete
# The driver's other provider needs libraries that Lambda has not got; the engine does not use it.
rm -rf mssql_python_odbc/libs/linux
# The driver asks for these only to log in by Microsoft Entra, which the settings do not offer.
rm -rf {azure,msal,cryptography,requests,urllib3,cffi,_cffi,pycparser,jwt,pyjwt,certifi,charset_normalizer,idna}*
find . -type d -empty -delete
cd "$here"

# --- does it work: imported and called by nothing but this package ---------------------------------
if grep -rlE 'lib(ssl|crypto)\.so\.1\.1' "$package" --include='*.so*'; then
    refuse "these files want OpenSSL 1.1, Lambda has OpenSSL 3" "Choose wheels for manylinux_2_34."
fi
cat >"$work/check.py" <<'PYTHON'
import ctypes, pathlib, sys

package = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(package))
import lambda_function

answer = lambda_function.lambda_handler({"mode": "info"}, None)
assert answer["statusCode"] == 200, answer
for library in sorted(package.rglob("*.so*")):
    ctypes.CDLL(str(library))  # every library that it links to is there
PYTHON
checked=
if [ "$(uname -s)-$(uname -m)" = "Linux-$machine" ]; then
    for python in python3 "python$python_version"; do
        found=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        if [ -z "$checked" ] && [ "$found" = "$python_version" ]; then
            (cd "$work" && env -i "PATH=$PATH" ${PYENV_VERSION+"PYENV_VERSION=$PYENV_VERSION"} \
                "$python" -I -S -B check.py "$package" >"$work/check.log") || { cat "$work/check.log"; exit 1; }
            checked="imported and called by Python $found, every library loaded"
        fi
    done
fi
if [ -z "$checked" ]; then
    python3 - "$package" "$machine" "${python_version/./}" <<'PYTHON'
import pathlib, re, sys

package, machine, version = pathlib.Path(sys.argv[1]), *sys.argv[2:]
fits = re.compile(
    rf"(py3|py2\.py3|cp3\d+)-(none|abi3|cp{version})-(any|manylinux_2_(17|28|34)_{machine}|manylinux2014_{machine})"
)
for wheel in package.glob("*.dist-info/WHEEL"):
    tags = re.findall(r"^Tag: (\S+)", wheel.read_text(), re.M)
    if not any(fits.fullmatch(tag) for tag in tags):
        sys.exit(f"build.sh: {wheel.parent.name} is for {tags}, not for this Lambda")
PYTHON
    checked="every wheel fits the platform; not imported, there is no Python $python_version for $machine here"
fi

# --- the zip: sorted names, one timestamp ----------------------------------------------------------
python3 - "$package" "$output" <<'PYTHON'
import pathlib, sys, zipfile

package, output = map(pathlib.Path, sys.argv[1:])
with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
    files = {path.relative_to(package).as_posix(): path for path in package.rglob("*") if path.is_file()}
    for name, path in sorted(files.items()):
        entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
        entry.external_attr = 0o100755 << 16 if ".so" in path.name else 0o100644 << 16
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, path.read_bytes())
PYTHON
after=$(du -sm "$package" | cut -f1)
echo "check:  $checked"
echo "size:   $(du -m "$output" | cut -f1) MB zipped, $after MB unpacked (pruned from $before MB; Lambda's limit is 250 MB)"
echo "made:   $output"
[ "$after" -lt 250 ] || refuse "the package is too large for Lambda" "See which wheel grew, and prune it."
