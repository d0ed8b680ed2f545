"""The system procedures behind RPCs: ``sp_executesql`` and the prepared statements."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.events import Parameter, SqlError
from tableferry_sandbox.tds.declarations import Declared, bind, parse_declarations
from tableferry_sandbox.tds.rpc import RpcCall

UNNAMED: Final = "@__rpc"
"""How the variables begin that stand for a procedure's parameters without a name."""


@dataclass(frozen=True)
class Prepared:
    """A statement a client prepared, under its handle."""

    sql: str
    declared: tuple[Declared, ...]


@dataclass(frozen=True)
class Work:
    """What a call comes to: SQL to run, or only to describe, and a handle to return."""

    sql: str = ""
    parameters: Sequence[Parameter] = ()
    describe_only: bool = False
    handle: Parameter | None = None


class Procedures:
    """One connection's prepared statements; handles count from 1 and are never used again."""

    def __init__(self) -> None:
        self._prepared: dict[int, Prepared] = {}
        self._handles = itertools.count(1)

    def forget(self) -> None:
        """Drop all prepared statements, as RESETCONNECTION does."""
        self._prepared.clear()

    def plan(self, call: RpcCall) -> Work:
        """Turn a call into work.

        Raises SqlError 8179 for an unknown handle, 214 for parameters of the wrong type, 50000 for
        the cursor procedures, and what the binding of parameters raises.
        """
        name, given = call.procedure, call.parameters
        if name == "sp_executesql":
            return self._execute_sql(given)
        if name in {"sp_prepare", "sp_prepexec"}:
            return self._prepare(name, given)
        if name == "sp_execute":
            prepared = self._lookup(name, given)
            return Work(prepared.sql, bind(prepared.declared, given[1:], prepared.sql))
        if name == "sp_unprepare":
            self._lookup(name, given)
            del self._prepared[_integer(name, given, 0)]
            return Work()
        if name.startswith(("sp_cursor", "procedure number")) or name == "sp_prepexecrpc":
            raise SqlError(50000, f"The sandbox does not support {name} (server cursors).")
        return _call_by_name(call)

    def _execute_sql(self, given: Sequence[Parameter]) -> Work:
        sql = _text("sp_executesql", given, 0)
        if len(given) == 1:
            return Work(sql)
        declared = parse_declarations(_text("sp_executesql", given, 1))
        return Work(sql, bind(declared, given[2:], sql))

    def _prepare(self, name: str, given: Sequence[Parameter]) -> Work:
        declarations = _text(name, given, 1, or_null=True)
        prepared = Prepared(_text(name, given, 2), parse_declarations(declarations))
        work = Work(prepared.sql, describe_only=True)
        if name == "sp_prepexec":
            work = Work(prepared.sql, bind(prepared.declared, given[3:], prepared.sql))
        handle = next(self._handles)
        self._prepared[handle] = prepared
        returned = Parameter(given[0].name, given[0].type, handle, output=True)
        parameters = work.parameters or [
            Parameter(item.name, item.type, None, item.output) for item in prepared.declared
        ]
        return Work(work.sql, parameters, work.describe_only, returned)

    def _lookup(self, name: str, given: Sequence[Parameter]) -> Prepared:
        handle = _integer(name, given, 0)
        if handle not in self._prepared:
            raise SqlError(8179, f"Could not find prepared statement with handle {handle}.")
        return self._prepared[handle]


def _call_by_name(call: RpcCall) -> Work:
    """Hand any other procedure to the engine as an EXEC; it knows which ones exist."""
    arguments, parameters = [], []
    for index, parameter in enumerate(call.parameters):
        variable = parameter.name or f"{UNNAMED}{index}"
        label = f"{parameter.name} = " if parameter.name else ""
        output = " OUTPUT" if parameter.output else ""
        arguments.append(f"{label}{variable}{output}")
        parameters.append(Parameter(variable, parameter.type, parameter.value, parameter.output))
    return Work(f"EXEC {call.procedure} {', '.join(arguments)}".rstrip(), parameters)


def _text(name: str, given: Sequence[Parameter], index: int, *, or_null: bool = False) -> str:
    if index < len(given):
        value = given[index].value
        if isinstance(value, str):
            return value
        if value is None and or_null:
            return ""
    raise SqlError(
        214, f"Procedure expects parameter {index + 1} of {name} of type 'ntext/nchar/nvarchar'."
    )


def _integer(name: str, given: Sequence[Parameter], index: int) -> int:
    if index < len(given) and isinstance(given[index].value, int):
        return int(given[index].value)
    raise SqlError(214, f"Procedure expects parameter {index + 1} of {name} of type 'int'.")
