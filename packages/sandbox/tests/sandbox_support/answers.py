"""What a batch of T-SQL came to, for tests that ask an engine without a wire."""

from dataclasses import dataclass, field
from typing import Any

from tableferry_sandbox.engine import Session
from tableferry_sandbox.events import Message, ResultSet, SqlError, StatementDone
from tableferry_sandbox.sqltypes import Column


@dataclass
class Answer:
    """What a batch came to."""

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
        """The one value."""
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


def run(session: Session, sql: str) -> Answer:
    """Run a batch; the last result set's rows are kept, errors are raised."""
    answer = Answer()
    for event in session.execute(sql):
        if isinstance(event, ResultSet):
            answer.columns, answer.rows = list(event.columns), []
            answer.results += 1
            for batch in event.batches:
                cells = [column.to_pylist() for column in batch.columns]
                answer.rows += list(zip(*cells, strict=True))
        elif isinstance(event, Message):
            if event.severity > 10:
                raise SqlError(event.number, event.text, severity=event.severity, line=event.line)
            answer.messages.append(event)
        elif isinstance(event, StatementDone):
            answer.counts.append(event.rows)
    return answer
