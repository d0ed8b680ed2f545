"""Imports and calls an unpacked package in isolation, and loads all its libraries.

python3.13 -I -S -B import_check.py FOLDER
"""

import ctypes
import sys
from pathlib import Path

package = Path(sys.argv[1])
sys.path.insert(0, str(package))

import lambda_function  # noqa: E402 - importable only after the line above

answer = lambda_function.lambda_handler({"mode": "info"}, None)
if answer["statusCode"] != 200:
    sys.exit(f"the handler answered {answer}")
for library in sorted(package.rglob("*.so*")):
    ctypes.CDLL(str(library))  # fails if a library that it links to is missing
