"""The shadow: a table like the target, made, filled and prepared out of sight.

Here are its statements, in their order. What they are comes from the inventory.
"""

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from tableferry.errors import DataError, SchemaError
from tableferry.model.identifiers import TargetTable, quote_pg
from tableferry.planning.alter_table import add_columns_sql
from tableferry.planning.evolve import evolve_sql
from tableferry.planning.plan import SyncPlan
from tableferry.postgres.connection import TargetConnection
from tableferry.postgres.ledger import SCHEMA
from tableferry.postgres.locks import retry_brief_locks
from tableferry.postgres.messages import Question, headed
from tableferry.postgres.publish.build_memory import MORE_MEMORY
from tableferry.postgres.publish.inventory import (
    KEEP_PATH,
    OLD_PATH,
    Body,
    Inventory,
    qualified_answer,
    qualified_names,
    read_built,
    with_qualified_names,
)
from tableferry.postgres.publish.retarget import retarget
from tableferry.postgres.publish.shadow_sql import DEFAULT_RIGHTS, FOREIGN, LEFT_OVER, PARTS

LOADED: Final = ("create", "options", "check", "early")
"""The steps before the rows come."""

BUILT: Final = ("index", "key", "mark", "statistic", "trigger")
"""The steps when they are there, but for those that touch other tables, or name what they made."""

_OWN_FIRST: Final = """\
SELECT set_config('search_path', concat_ws(', ', 'pg_catalog',
  nullif(current_setting('search_path'), ''), 'pg_temp'), true)"""

_STANDING: Final = (*LOADED, *BUILT, "like", "refresh", "foreign", "validate", "comment")
"""What the shadow was made by; the others are read when it is published."""


def bodies_of(found: Sequence[tuple[int, str, TargetTable]], name: str) -> tuple[Body, ...]:
    """Give the table, and each materialised view with it, its shadow's name."""
    return tuple(
        Body(oid, kind, table, TargetTable(SCHEMA, f"{name}_m{place}" if place else name))
        for place, (oid, kind, table) in enumerate(found)
    )


def make(connection: TargetConnection, inventory: Inventory, plan: SyncPlan) -> None:
    """Make the shadow in the open transaction, ready for COPY."""
    body = inventory.bodies[0]
    made = (with_path(inventory.of(body, *LOADED)), ())
    _revoke_default_rights(connection, body, after=[made])
    if plan.drift.added:
        connection.execute(add_columns_sql(body.shadow, plan.drift.added, final_name=body.table))
    if plan.drift.evolved:
        connection.execute(evolve_sql(body.shadow, plan.drift.evolved))


def require_alike(inventory: Inventory, plan: SyncPlan) -> None:
    """See that the shadow has the columns and checks of the target; raises SchemaError.

    The columns that the load adds are only the shadow's yet, and those that it alters are not the
    target's.
    """
    names = tuple(_quoted_by_server(plan))
    new, given = tuple(f"column {n} " for n in names), tuple(f" NOT NULL {n}" for n in names)

    def lines(step: str) -> set[str]:
        return {
            line
            for line in inventory.steps.get(step, ())
            if not (line.startswith(new) or line.endswith(given))
        }

    wanted, made = lines("like"), lines("alike")
    if differing := wanted ^ made:
        parts = sorted({" ".join(line.split(" ")[:2]) for line in differing})
        raise SchemaError(
            f"{plan.spec.target} was altered while it was loaded: {', '.join(parts)}",
            hint="The old rows stay. Run it again.",
        )


def _quoted_by_server(plan: SyncPlan) -> Iterator[str]:
    """As ``quote_ident`` writes the names of these columns: in quotes, or not."""
    altered = [one.column for one in plan.drift.evolved]
    for name in (*(column.name for column in plan.drift.added), *altered):
        yield from (name, quote_pg(name))


def require_unaltered(before: Inventory, now: Inventory, table: TargetTable) -> None:
    """See that the shadow was made as the target is by now; raises SchemaError."""
    for step in _STANDING:
        if _lasting(before, step) != _lasting(now, step):
            raise altered(table, [step])


def _lasting(inventory: Inventory, step: str) -> set[str]:
    """Return a step's statements, without those that the shadow does not need a second time."""
    statements = inventory.steps.get(step, ())
    return {sql for sql in statements if not sql.startswith("ALTER SEQUENCE")}


def altered(table: TargetTable, steps: Sequence[str]) -> SchemaError:
    """Return the error for a target that was altered, naming the ``steps`` that differ."""
    what = f" ({', '.join(steps)})" if steps else ""
    return SchemaError(
        f"{table}, or what depends on it, was altered during the load{what}",
        hint="The old rows stay. Run it again.",
    )


def build(
    connection: TargetConnection,
    inventory: Inventory,
    on_index: Callable[[], None],
    statistics: Sequence[str],
    *,
    is_new: bool,
) -> None:
    """Build on the shadow what comes after the rows; raises DataError where they violate it.

    Each index is built in a transaction of its own, after which ``on_index`` is called: an attempt
    that is cut off leaves the finished ones, and the next attempt goes on with the others.
    ``statistics`` are the statements that give it the planner's; ``is_new``: nothing was built on
    it before.
    """
    with naming_final_keys(inventory):
        made: Collection[str] = frozenset()
        if not is_new:
            with connection.transaction():
                made = _cleared(connection, inventory)
        table = inventory.bodies[0]
        for sql in inventory.of(table, "index"):
            if sql not in made:
                with connection.transaction():
                    run(connection, [MORE_MEMORY, sql], commits=True)
                on_index()
        with connection.transaction():
            _build_the_rest(connection, inventory, made, statistics, is_new=is_new)


def is_alone(inventory: Inventory) -> bool:
    """Whether no materialised view and no other table has to do with the shadow."""
    return len(inventory.bodies) == 1 and not inventory.steps.get("foreign")


def building(inventory: Inventory) -> Question:
    """Return the statements that build the same on a new shadow that is alone.

    Errors are to be named by ``naming_final_keys``.
    """
    table = inventory.bodies[0]
    analyze = f"ANALYZE {table.shadow.sql}"
    steps = inventory.of(table, *BUILT)
    return (with_path([MORE_MEMORY, *steps, analyze, *inventory.steps.get("comment", ())]), ())


def _cleared(connection: TargetConnection, inventory: Inventory) -> frozenset[str]:
    """Drop what an earlier attempt has left and is not wanted; return how the rest was made."""
    table = inventory.bodies[0]
    about = {"made": table.shadow.sql, "name": table.shadow.name}
    with qualified_names(connection):
        left_over = [sql for _, sql in connection.rows(LEFT_OVER, about)]
        built = read_built(connection, table.shadow, inventory.of(table, "index", "key"))
    run(connection, (*left_over, *built.drops))
    return built.made


def _build_the_rest(
    connection: TargetConnection,
    inventory: Inventory,
    made: Collection[str],
    statistics: Sequence[str],
    *,
    is_new: bool,
) -> None:
    table, *views = inventory.bodies
    steps = inventory.of(table, *(step for step in BUILT if step != "index"))
    comments = inventory.steps.get("comment", ())
    if is_new and not views and not inventory.steps.get("foreign"):
        run(connection, [MORE_MEMORY, *steps, *statistics, *comments], commits=True)
        return
    run(connection, [MORE_MEMORY, *(sql for sql in steps if sql not in made), *statistics])
    shadows = {body.table: body.shadow for body in inventory.bodies}
    for view in views:
        (create,) = inventory.of(view, "create")
        run(connection, [retarget(create, shadows)])
        _revoke_default_rights(connection, view)
        run(connection, inventory.of(view, "options", "refresh", *BUILT))
        connection.execute(f"ANALYZE {view.shadow.sql}")
    _point_elsewhere(connection, inventory)
    run(connection, comments)


def validate(connection: TargetConnection, inventory: Inventory) -> None:
    """Check the foreign keys, each in a transaction of its own; raises DataError."""
    with naming_final_keys(inventory):
        for sql in inventory.steps.get("validate", ()):
            with connection.transaction():
                connection.execute(sql)


def tie(connection: TargetConnection, inventory: Inventory) -> None:
    """Give the shadow, in the open transaction, what refuses rows: keys, foreign keys."""
    run(connection, inventory.of(inventory.bodies[0], "index", "key"))
    _point_elsewhere(connection, inventory)


def _point_elsewhere(connection: TargetConnection, inventory: Inventory) -> None:
    """Add the foreign keys, or see that they are there since an earlier attempt.

    Last in its transaction: until the commit the writers of the other tables wait.
    """
    table = inventory.bodies[0].shadow.sql
    wanted = inventory.steps.get("foreign", ())
    with qualified_names(connection):
        there: dict[str, str] = dict(connection.rows(FOREIGN, {"made": table}))
        kept = [name for name, sql in there.items() if {sql, f"{sql} NOT VALID"} & set(wanted)]
        dropped = [
            f"ALTER TABLE {table} DROP CONSTRAINT {quote_pg(name)}"
            for name in there
            if name not in kept
        ]
        had = {form for name in kept for form in (there[name], f"{there[name]} NOT VALID")}
        for sql in (*dropped, *(one for one in wanted if one not in had)):
            retry_brief_locks(connection, [sql], "a table that a foreign key points to")
        body = inventory.bodies[0]
        about = {"oid": body.oid, "made": table, "name": body.shadow.name}
        for _, sql in connection.rows(PARTS, about):
            connection.execute(sql)


@contextlib.contextmanager
def naming_final_keys(inventory: Inventory) -> Iterator[None]:
    """In errors, replace a key's temporary name by the one it will have."""
    try:
        yield
    except DataError as error:
        known = dict(line.split(" ", 1) for line in inventory.steps.get("called", ()))
        names = {repr(body.shadow.name): repr(body.table.name) for body in inventory.bodies}
        message = error.message
        for temporary, name in {**{repr(t): repr(n) for t, n in known.items()}, **names}.items():
            message = message.replace(temporary, name)
        constraint = known.get(error.constraint, error.constraint)
        raise DataError(
            message,
            hint=error.hint,
            code=error.code,
            reason=error.reason,
            column=error.column,
            constraint=constraint,
        ) from None


def run(connection: TargetConnection, statements: Sequence[str], *, commits: bool = False) -> None:
    """Run statements that name everything with its schema, in one go; ``commits`` with them."""
    if commits:
        connection.rows_and_commit((with_path(statements), ()))
    elif statements:
        connection.execute(with_path(statements))


def with_path(statements: Sequence[str]) -> str:
    """Return the statements as one text, which finds PostgreSQL's own functions and types first.

    Then what the session finds: functions that are called by the way (by a materialised view, an
    event trigger) may need it.
    """
    whole = in_one((KEEP_PATH, _OWN_FIRST, *statements, OLD_PATH))
    about = next((one for one in statements if one != MORE_MEMORY), "")
    return headed(about, whole)


def in_one(statements: Sequence[str]) -> str:
    """Return the statements as one text; some of PostgreSQL's own end in a semicolon already."""
    return ";\n".join(statement.rstrip(";") for statement in statements)


def _revoke_default_rights(
    connection: TargetConnection, body: Body, after: Sequence[Question] = ()
) -> None:
    """Revoke what new tables have by default; ``after``: statements of the same message before."""
    question = (DEFAULT_RIGHTS, {"made": body.shadow.sql})
    found = qualified_answer(connection.ask(*after, *with_qualified_names(question)))
    run(connection, [sql for (sql,) in found])
