"""The syntax tree of statements: queries, changes of rows, control flow.

Every statement knows the line it starts on.
"""

from dataclasses import dataclass

from tableferry_sandbox.engine.tree.syntax import CommonTable, Node, Query, TableRef, Top, TypeName

Path = tuple[str, ...]
"""An object's name as written, outermost qualifier first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Node):
    """Any statement."""

    line: int = 1


@dataclass(frozen=True, slots=True)
class QueryStatement(Statement):
    """A SELECT."""

    query: Query


@dataclass(frozen=True, slots=True)
class Insert(Statement):
    """INSERT; ``source`` is a Query, an Execute, or None for DEFAULT VALUES.

    ``context`` is that of WITH CHANGE_TRACKING_CONTEXT, a variable or a literal, here and below.
    """

    table: Path
    columns: tuple[str, ...]
    source: Node | None
    output: tuple[Node, ...] = ()
    tables: tuple[CommonTable, ...] = ()
    context: Node | None = None


@dataclass(frozen=True, slots=True)
class Assignment(Node):
    """``column = value`` in UPDATE; ``variable`` for ``@v = ...``."""

    column: str
    value: Node
    variable: str = ""


@dataclass(frozen=True, slots=True)
class Update(Statement):
    """UPDATE."""

    table: Path
    assignments: tuple[Assignment, ...]
    source: Node | None
    where: Node | None
    top: Top | None = None
    output: tuple[Node, ...] = ()
    tables: tuple[CommonTable, ...] = ()
    recursions: int | None = None
    context: Node | None = None


@dataclass(frozen=True, slots=True)
class Delete(Statement):
    """DELETE."""

    table: Path
    source: Node | None
    where: Node | None
    top: Top | None = None
    output: tuple[Node, ...] = ()
    tables: tuple[CommonTable, ...] = ()
    recursions: int | None = None
    context: Node | None = None


@dataclass(frozen=True, slots=True)
class MergeClause(Node):
    """WHEN ... THEN of MERGE.

    ``when``: matched, not matched (by target) or not matched by source. ``action``: insert, update
    or delete. ``values`` are those of INSERT, None for DEFAULT VALUES.
    """

    when: str
    condition: Node | None
    action: str
    assignments: tuple[Assignment, ...] = ()
    columns: tuple[str, ...] = ()
    values: tuple[Node, ...] | None = None


@dataclass(frozen=True, slots=True)
class Merge(Statement):
    """MERGE; ``table`` has the target's alias and hints."""

    table: TableRef
    source: Node
    condition: Node
    clauses: tuple[MergeClause, ...]
    top: Top | None = None
    output: tuple[Node, ...] = ()
    tables: tuple[CommonTable, ...] = ()
    recursions: int | None = None
    context: Node | None = None


@dataclass(frozen=True, slots=True)
class Truncate(Statement):
    """TRUNCATE TABLE."""

    table: Path


@dataclass(frozen=True, slots=True)
class Declare(Statement):
    """DECLARE of one scalar variable."""

    name: str
    type: TypeName
    value: Node | None


@dataclass(frozen=True, slots=True)
class SetVariable(Statement):
    """SET @v = expression."""

    name: str
    value: Node


@dataclass(frozen=True, slots=True)
class SetOption(Statement):
    """SET option value, both in lower case, but for the name of a language."""

    option: str
    value: str


@dataclass(frozen=True, slots=True)
class If(Statement):
    """IF."""

    condition: Node
    then: Statement
    otherwise: Statement | None


@dataclass(frozen=True, slots=True)
class While(Statement):
    """WHILE."""

    condition: Node
    body: Statement


@dataclass(frozen=True, slots=True)
class Block(Statement):
    """BEGIN ... END."""

    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class TryCatch(Statement):
    """BEGIN TRY ... END TRY BEGIN CATCH ... END CATCH."""

    body: tuple[Statement, ...]
    handler: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Jump(Statement):
    """RETURN, BREAK or CONTINUE."""

    kind: str
    value: Node | None = None


@dataclass(frozen=True, slots=True)
class Print(Statement):
    """PRINT."""

    value: Node


@dataclass(frozen=True, slots=True)
class RaiseError(Statement):
    """RAISERROR."""

    message: Node
    severity: Node
    state: Node
    arguments: tuple[Node, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Throw(Statement):
    """THROW, with its three arguments or none."""

    arguments: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class ExecArgument(Node):
    """An argument of EXEC."""

    value: Node
    name: str = ""
    output: bool = False


@dataclass(frozen=True, slots=True)
class Execute(Statement):
    """EXEC procedure, or EXEC (text) with an empty path."""

    procedure: Path
    arguments: tuple[ExecArgument, ...]
    result: str = ""


@dataclass(frozen=True, slots=True)
class ExecuteAs(Statement):
    """EXECUTE AS USER."""

    user: Node


@dataclass(frozen=True, slots=True)
class Revert(Statement):
    """REVERT."""


@dataclass(frozen=True, slots=True)
class Use(Statement):
    """USE."""

    database: str


@dataclass(frozen=True, slots=True)
class TransactionControl(Statement):
    """BEGIN, COMMIT, ROLLBACK or SAVE TRANSACTION; ``action`` is that word."""

    action: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class WaitFor(Statement):
    """WAITFOR DELAY."""

    delay: Node


@dataclass(frozen=True, slots=True)
class Refused(Statement):
    """A statement that the sandbox does not run; it is an error only when it is reached."""

    what: str


@dataclass(frozen=True, slots=True)
class NoOperation(Statement):
    """A statement that changes nothing here (CHECKPOINT, UPDATE STATISTICS)."""

    command: str
