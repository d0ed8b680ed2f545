"""Connects to the target without the engine.

A module of its own: ``bench.probe`` is started often and must not import the engine.
"""

from typing import Any

import psycopg


def target_connection(target: dict[str, Any]) -> psycopg.Connection[Any]:
    """Connect to the target with plain psycopg."""
    return psycopg.connect(
        host=target["host"],
        port=target["port"],
        user=target["user"],
        password=target["password"],
        dbname=target["db"],
    )
