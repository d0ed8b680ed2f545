"""Turns RPC calls into SQL: ``sp_executesql``, prepared statements, and any other procedure."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tableferry_sandbox.events import Parameter, SqlError
from tableferry_sandbox.tds.declarations import DeclaredParameter, bind, parse_declarations
from tableferry_sandbox.tds.rpc import RpcCall

UNNAMED: Final = "@__rpc"
"""Prefix of the variables made up for a procedure's unnamed parameters."""


@dataclass(frozen=True)
class PreparedStatement:
    """A prepared statement's SQL and declared parameters."""

    sql: str
    declared: tuple[DeclaredParameter, ...]


@dataclass(frozen=True)
class StatementCall:
    """The SQL that a call stands for, to be run or only described, and a handle to return."""

    sql: str = ""
    parameters: Sequence[Parameter] = ()
    describe_only: bool = False
    handle: Parameter | None = None


class PreparedStatements:
    """One connection's prepared statements; handles count from 1 and are never reused."""

    def __init__(self) -> None:
        self._prepared: dict[int, PreparedStatement] = {}
        self._handles = itertools.count(1)

    def forget(self) -> None:
        """Drop all prepared statements, as RESETCONNECTION does."""
        self._prepared.clear()

    def resolve(self, call: RpcCall) -> StatementCall:
        """Return the SQL that a call stands for.

        Raises SqlError 8179 for an unknown handle, 214 for parameters of the wrong type, 50000 for
        cursor procedures, and what ``declarations.bind`` raises.
        """
        name, given = call.procedure, call.parameters
        if name == "sp_executesql":
            return self._execute_sql(given)
        if name in {"sp_prepare", "sp_prepexec"}:
            return self._prepare(name, given)
        if name == "sp_execute":
            prepared = self._lookup(name, given)
            return StatementCall(prepared.sql, bind(prepared.declared, given[1:], prepared.sql))
        if name == "sp_unprepare":
            self._lookup(name, given)
            del self._prepared[_integer(name, given, 0)]
            return StatementCall()
        if name.startswith(("sp_cursor", "procedure number")) or name == "sp_prepexecrpc":
            raise SqlError(50000, f"The sandbox does not support {name} (server cursors).")
        return _call_by_name(call)

    def _execute_sql(self, given: Sequence[Parameter]) -> StatementCall:
        sql = _text("sp_executesql", given, 0)
        if len(given) == 1:
            return StatementCall(sql)
        declared = parse_declarations(_text("sp_executesql", given, 1))
        return StatementCall(sql, bind(declared, given[2:], sql))

    def _prepare(self, name: str, given: Sequence[Parameter]) -> StatementCall:
        declarations = _text(name, given, 1, or_null=True)
        prepared = PreparedStatement(_text(name, given, 2), parse_declarations(declarations))
        runs_now = name == "sp_prepexec"
        bound = bind(prepared.declared, given[3:], prepared.sql) if runs_now else []
        handle = next(self._handles)
        self._prepared[handle] = prepared
        returned = Parameter(given[0].name, given[0].type, handle, output=True)
        parameters = bound or [
            Parameter(item.name, item.type, None, item.output) for item in prepared.declared
        ]
        return StatementCall(prepared.sql, parameters, not runs_now, returned)

    def _lookup(self, name: str, given: Sequence[Parameter]) -> PreparedStatement:
        handle = _integer(name, given, 0)
        if handle not in self._prepared:
            raise SqlError(8179, f"Could not find prepared statement with handle {handle}.")
        return self._prepared[handle]


def _call_by_name(call: RpcCall) -> StatementCall:
    """Turn any other procedure into an EXEC: the engine knows which ones exist."""
    arguments, parameters = [], []
    for index, parameter in enumerate(call.parameters):
        variable = parameter.name or f"{UNNAMED}{index}"
        label = f"{parameter.name} = " if parameter.name else ""
        output = " OUTPUT" if parameter.output else ""
        arguments.append(f"{label}{variable}{output}")
        parameters.append(Parameter(variable, parameter.type, parameter.value, parameter.output))
    return StatementCall(f"EXEC {call.procedure} {', '.join(arguments)}".rstrip(), parameters)


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
