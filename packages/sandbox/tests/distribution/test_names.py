"""No name of the distribution stands for two things."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[2] / "src" / "tableferry_sandbox"
FILES = sorted(SOURCE.rglob("*.py"))

INTERFACES = {"Session"}
"""Protocols in ``events`` that a class of the engine with the same name implements."""


def names() -> Iterator[tuple[str, str]]:
    for path in FILES:
        place = str(path.relative_to(SOURCE))
        if path.name != "__init__.py":
            yield path.name, place
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                yield node.name, place


def test_no_file_and_no_class_bears_a_name_twice():
    places = defaultdict(list)
    for name, place in names():
        places[name].append(place)
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in twice.items() if name not in INTERFACES} == {}


def test_every_module_says_what_it_is_for():
    silent = [path for path in FILES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []
