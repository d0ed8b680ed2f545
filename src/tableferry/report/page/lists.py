"""The page's last sections: declared losses, and tables that the configuration does not have."""

from collections.abc import Sequence

from tableferry.report.page.markup import age, isolated, text
from tableferry.states.report import TableState


def losses_section(tables: Sequence[TableState]) -> str:
    """Return what columns of the targets cannot hold, each sentence once; "" for nothing."""
    columns: dict[str, dict[str, list[str]]] = {}
    for table in tables:
        for column, loss in table.losses.items():
            columns.setdefault(loss, {}).setdefault(table.table, []).append(column)
    if not columns:
        return ""
    rows = "".join(
        f"<tr><th scope=row>{text(loss)}<td>{_columns(found)}" for loss, found in columns.items()
    )
    return (
        "<section aria-labelledby=h3><h2 id=h3>Declared losses</h2>"
        "<p class=s>What these columns' target types cannot hold, as the last loads planned them."
        "</p><table class=w><thead><tr><th scope=col>Loss<th scope=col>Columns</thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def others_section(tables: Sequence[TableState]) -> str:
    """Return the tables that only the ledger knows; "" for none."""
    if not tables:
        return ""
    rows = "".join(
        f"<tr><th scope=row>{text(table.target)}<td class={table.word}><b>{table.word}</b>"
        f"<td>{'' if table.age is None else age(table.age)}"
        for table in tables
    )
    return (
        "<section aria-labelledby=h4><h2 id=h4>Not in the configuration</h2>"
        "<p class=s>The ledger has runs of these tables; no entry is about them.</p>"
        "<table class=w><thead><tr><th scope=col>Target<th scope=col>State<th scope=col>Age</thead>"
        f"<tbody>{rows}</tbody></table></section>"
    )


def _columns(tables: dict[str, list[str]]) -> str:
    return ", ".join(
        f"{isolated(table)} ({', '.join(map(isolated, columns))})"
        for table, columns in tables.items()
    )
