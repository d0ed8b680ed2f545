"""Runs T-SQL batches on an engine without the wire and collects their events."""

from dataclasses import dataclass, field
from typing import Any

from tableferry_sandbox.engine import Session
from tableferry_sandbox.events import Message, ResultSet, SqlError, StatementDone
from tableferry_sandbox.sqltypes import Column


@dataclass
class BatchResult:
    """A batch's events; ``rows`` and ``columns`` are those of the last result set."""

    rows: list[tuple[Any, ...]] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    counts: list[int | None] = field(default_factory=list)
    results: int = 0

    @property
    def types(self) -> list[str]:
        """The columns' types as T-SQL writes them."""
        return [spell(column) for column in self.columns]

    @property
    def value(self) -> Any:
        """The only value of the result set."""
        [[value]] = self.rows
        return value


def spell(column: Column) -> str:
    kind = column.type
    if kind.name in ("decimal", "numeric"):
        return f"{kind.name}({kind.precision},{kind.scale})"
    if kind.name in ("time", "datetime2", "datetimeoffset"):
        return f"{kind.name}({kind.scale})"
    if kind.name in ("char", "varchar", "nchar", "nvarchar", "binary", "varbinary"):
        return f"{kind.name}({'max' if kind.length == -1 else kind.length})"
    return kind.name


def run(session: Session, sql: str) -> BatchResult:
    """Run a batch. Raises SqlError for an error, also for one that the batch survives."""
    result = BatchResult()
    for event in session.execute(sql):
        if isinstance(event, ResultSet):
            result.columns, result.rows = list(event.columns), []
            result.results += 1
            for batch in event.batches:
                cells = [column.to_pylist() for column in batch.columns]
                result.rows += list(zip(*cells, strict=True))
        elif isinstance(event, Message):
            if event.severity > 10:
                raise SqlError(event.number, event.text, severity=event.severity, line=event.line)
            result.messages.append(event)
        elif isinstance(event, StatementDone):
            result.counts.append(event.rows)
    return result
