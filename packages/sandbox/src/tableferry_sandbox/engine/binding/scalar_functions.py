"""Calls of user-defined functions: a scalar one becomes part of the expression that calls it.

A function computes its value from its parameters by DECLARE, SET, IF and RETURN, so each path
through it is an expression, in which an assignment gives a name to a value (``Let``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from tableferry_sandbox.engine.database.other_objects import InlineFunction, ScalarFunction
from tableferry_sandbox.engine.errors import undeclared, unsupported
from tableferry_sandbox.engine.tree import statements as st
from tableferry_sandbox.engine.tree import syntax as s
from tableferry_sandbox.events import SqlError

MAX_PATHS: Final = 64
"""Paths through a body; each IF doubles those of what follows it."""

_SIZED: Final = frozenset({"char", "varchar", "nchar", "nvarchar", "binary", "varbinary"})


def given_arguments(
    function: ScalarFunction | InlineFunction, arguments: Sequence[s.Node]
) -> tuple[s.Node, ...]:
    """Return a call's arguments as values of the parameters' types. Raises 313, 8144, 201."""
    shown = f"{function.schema}.{function.name}"
    if len(arguments) > len(function.parameters):
        raise SqlError(
            8144, f"Procedure or function {shown} has too many arguments specified.", state=2
        )
    if len(arguments) < len(function.parameters):
        raise SqlError(
            313,
            "An insufficient number of arguments were supplied for the procedure or function "
            f"{shown}.",
            state=2,
        )
    values = []
    for parameter, argument in zip(function.parameters, arguments, strict=True):
        given = parameter.default if isinstance(argument, s.Default) else argument
        if given is None:
            raise SqlError(
                201,
                f"Procedure or function '{function.name}' expects parameter '{parameter.name}', "
                "which was not supplied.",
                state=4,
            )
        values.append(_assigned(given, parameter.type))
    return tuple(values)


def inlined(function: ScalarFunction, arguments: Sequence[s.Node]) -> s.Node:
    """Return the expression that a call stands for. Raises 313, 8144, 201 for wrong arguments."""
    values = given_arguments(function, arguments)
    names = tuple(p.name.lower() for p in function.parameters)
    kinds = {name: p.type for name, p in zip(names, function.parameters, strict=True)}
    body = _Body(function.returns).result(function.body, kinds)
    if not function.called_on_null and names:
        known: s.Node = s.IsNull(s.Variable(names[0]), negated=True)
        for name in names[1:]:
            known = s.Logic("AND", known, s.IsNull(s.Variable(name), negated=True))
        body = s.Case(None, ((known, body),), None)
    return s.Let(names, values, body, isolated=True)


def _assigned(value: s.Node, name: s.TypeName) -> s.Node:
    """Return a value converted to a declared type, whose length is 1 where none is given."""
    if name.name in _SIZED and not name.arguments and not name.schema:
        name = replace(name, arguments=(1,))
    return s.Cast(value, name)


class _Body:
    """Turns a body into an expression: of each path, the assignments around what it returns."""

    def __init__(self, returns: s.TypeName) -> None:
        self._returns = returns
        self._paths = 1

    def result(self, body: Sequence[st.Statement], kinds: Mapping[str, s.TypeName]) -> s.Node:
        """Return the value that statements return; raises 455 for a path without a RETURN."""
        if not body:
            raise SqlError(
                455,
                "The last statement included within a function must be a return statement.",
                state=2,
            )
        statement, rest = body[0], tuple(body[1:])
        if isinstance(statement, st.Block):
            return self.result((*statement.body, *rest), kinds)
        if isinstance(statement, st.Jump) and statement.kind == "return":
            if statement.value is None:
                raise SqlError(
                    178,
                    "A RETURN statement with a return value cannot be used in this context.",
                    severity=15,
                )
            return _assigned(_without_queries(statement.value), self._returns)
        if isinstance(statement, st.If):
            return self._branch(statement, rest, kinds)
        if isinstance(statement, st.NoOperation):
            return self.result(rest, kinds)
        return self._assignments(statement, rest, kinds)

    def _branch(
        self, statement: st.If, rest: tuple[st.Statement, ...], kinds: Mapping[str, s.TypeName]
    ) -> s.Node:
        self._paths += 1
        if self._paths > MAX_PATHS:
            raise unsupported(f"functions with more than {MAX_PATHS} paths through them")
        otherwise = (statement.otherwise,) if statement.otherwise is not None else ()
        chosen = self.result((statement.then, *rest), kinds)
        other = self.result((*otherwise, *rest), kinds)
        return s.Case(None, ((_without_queries(statement.condition), chosen),), other)

    def _assignments(
        self,
        statement: st.Statement,
        rest: tuple[st.Statement, ...],
        kinds: Mapping[str, s.TypeName],
    ) -> s.Node:
        """Return what follows DECLARE, SET or SELECT without FROM, with the variables changed."""
        changes = _changes(statement)
        if isinstance(statement, st.Declare):
            kinds = {**kinds, statement.name.lower(): statement.type}
        for name, _ in changes:
            if name not in kinds:
                raise undeclared(name)
        value = self.result(rest, kinds)
        for name, assigned in reversed(changes):
            new = _assigned(_without_queries(assigned), kinds[name])
            value = s.Let((name,), (new,), value)
        return value


def _changes(statement: st.Statement) -> list[tuple[str, s.Node]]:
    """Return the variables that a statement assigns, in order, with their values."""
    if isinstance(statement, st.Declare):
        return [(statement.name.lower(), statement.value or s.Null())]
    if isinstance(statement, st.SetVariable):
        return [(statement.name.lower(), statement.value)]
    if not isinstance(statement, st.QueryStatement):
        raise unsupported(f"functions with a statement {type(statement).__name__.upper()}")
    query, body = statement.query, statement.query.body
    if not isinstance(body, s.Select) or body.source or body.where or query.tables:
        raise unsupported("functions that read tables")
    found = []
    for item in body.items:
        if item.variable is None:
            raise SqlError(
                444,
                "Select statements included within a function cannot return data to a client.",
                state=2,
            )
        found.append((item.variable.lower(), item.expression))
    return found


def _without_queries(node: s.Node) -> s.Node:
    """Return an expression of a body; raises 50000 for one with a subquery."""
    if any(isinstance(inner, s.Query) for inner in s.nodes(node)):
        raise unsupported("functions with a subquery")
    return node
