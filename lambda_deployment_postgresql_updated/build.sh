#!/usr/bin/env bash
# Builds lambda_function_with_postgresql.zip: this folder, the engine, and wheels for Lambda's
# platform (Amazon Linux 2023: glibc 2.34, OpenSSL 3). Then tests it, if this machine can run it:
# every mode under Lambda's own runtime client, with a SQL Server stand-in and a real PostgreSQL.
# Needs python3 >= 3.11 with pip, and a package index for the wheels; runs from any folder.
#
#   ./build.sh [--python 3.13|3.12] [--arch x86_64|arm64] [--entra] [--no-proof]
#              [--output FILE]
#
# --entra    include what logs in with Microsoft Entra (SQL_SERVER_<NAME>_AUTH=entra-...)
# --no-proof skip the tests; the package is still imported and called once
#
# The build is reproducible: same sources, locked versions and Python, same bytes.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
tools=$root/deploy/package
usage="./build.sh [--python 3.13|3.12] [--arch x86_64|arm64] [--entra] [--no-proof] [--output FILE]"
python_version=3.13
arch=x86_64
entra=
proof=yes
output=$here/lambda_function_with_postgresql.zip

refuse() { printf 'build.sh: %s\nhint: %s\n' "$1" "$2" >&2; exit 2; }

while [ $# -gt 0 ]; do
    case $1 in
        --entra) entra=--entra; shift; continue ;;
        --no-proof) proof=; shift; continue ;;
        --python) python_version=${2-} ;;
        --arch) arch=${2-} ;;
        --output) output=${2-} ;;
        *) refuse "unknown argument: $1" "$usage" ;;
    esac
    shift $(($# > 1 ? 2 : 1))
done
# Lambda's Python 3.11 runs on Amazon Linux 2, whose glibc and OpenSSL are too old for the driver.
# TABLEFERRY_ANY_PYTHON: lets the tests build for the only Python that a machine has.
case ${TABLEFERRY_ANY_PYTHON:-}$python_version in 3.12|3.13|yes3.*) ;; *) refuse "no Python $python_version for this" "Choose 3.13 or 3.12." ;; esac
case $arch in x86_64) machine=x86_64 ;; arm64|aarch64) machine=aarch64 ;; *) refuse "unknown architecture: $arch" "Choose x86_64 or arm64." ;; esac
[ -n "$output" ] && [ -d "$(dirname "$output")" ] || refuse "the output's folder is not there" "--output names the zip to write."
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || refuse "python3 is missing or older than 3.11" "Install Python 3.11 or newer."
python3 -m pip --version >/dev/null 2>&1 || refuse "python3 has no pip" "Run python3 -m ensurepip, or install pip."

# Resolve it now: a relative path is relative to the caller's folder.
output=$(cd "$(dirname "$output")" && pwd)/$(basename "$output")

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
package=$work/package
mkdir "$package"

# --- wheels: the engine's dependencies, without those of the command line ---------------------------
python3 "$tools/requirements.py" "$root/pyproject.toml" "$root/requirements/constraints.txt" "$machine" "$work"
# manylinux_2_34 first: the driver's older wheels need OpenSSL 1.1, which Lambda does not have.
options=(--constraint "$work/constraints.txt")
for platform in manylinux_2_34 manylinux_2_28 manylinux_2_17 manylinux2014; do
    options+=(--platform "${platform}_$machine")
done
echo "wheels for Python $python_version on Linux $machine"
python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --no-compile \
    --root-user-action=ignore --only-binary=:all: --implementation cp --python-version "$python_version" \
    "${options[@]}" --target "$package" --requirement "$work/requirements.txt" ||
    refuse "a wheel for Linux $machine could not be had" "Check the network; pip says above which wheel it was."

# --- the engine and this folder, without what the function never loads ------------------------------
cp -R "$root/src/tableferry" "$package/"
rm -rf "$package"/tableferry/{report,cli,__main__.py}
for file in "$here"/*.py "$here"/*.pem; do
    [ ! -f "$file" ] || cp "$file" "$package/"
done
python3 "$tools/prune.py" "$package" "$python_version" $entra
if grep -rlE 'lib(ssl|crypto)\.so\.1\.1' "$package" --include='*.so*'; then
    refuse "these files want OpenSSL 1.1, Lambda has OpenSSL 3" "Choose wheels for manylinux_2_34."
fi

# --- bytecode: Lambda's folder is read-only, so each cold start would compile every import ----------
interpreter=$(python3 "$tools/interpreter.py" "$python_version") || interpreter=
alone=(env -i)
if [ -n "$interpreter" ]; then
    # The Python of Lambda's image links to a library outside of the loader's default folders.
    alone+=("LD_LIBRARY_PATH=$("$interpreter" -I -S -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')")
    # Bytecode depends on the Python version, not on the machine.
    "${alone[@]}" "$interpreter" -I "$tools/bytecode.py" "$package"
else
    echo "note:   no Python $python_version here, so no bytecode: cold starts take twice as long"
fi

# --- complete? import and call it in isolation, with every symbol resolved --------------------------
[ "$(uname -s)-$(uname -m)" = "Linux-$machine" ] ||
    interpreter=$(python3 "$tools/interpreter.py" "$python_version" "$machine") || interpreter=
if [ -n "$interpreter" ]; then
    (cd "$work" && "${alone[@]}" LD_BIND_NOW=1 "$interpreter" -I -S -B "$tools/import_check.py" "$package" >"$work/check.log") || { cat "$work/check.log"; exit 1; }
    echo "check:  imported and called by Python $python_version, every library loaded"
else
    python3 "$tools/platforms.py" "$package" "$machine" "$python_version"
    echo "check:  every wheel fits the platform; not run, there is no Python $python_version for $machine here"
fi
python3 "$tools/pack.py" "$package" "$output"

# --- does it work? run tests/deployment/test_package.py on this file --------------------------------
if [ -n "$proof" ] && [ -n "$interpreter" ]; then
    "$root/script/prove" "$output" --python "$python_version" || {
        rm -f "$output"
        refuse "the package does not work (see above)" "It was deleted; --no-proof keeps it."
    }
fi
echo "made:   $output"
