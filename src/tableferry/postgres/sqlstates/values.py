"""SQLSTATEs about values and constraints, and of the functions that a row may set off.

PostgreSQL's messages for these may quote the value, so ours replace them.
"""

from typing import Final

from tableferry.errors import DataError, SchemaError
from tableferry.postgres.sqlstates.meaning import AGAIN, ROLLED_BACK, Meaning, states

_WIDEN: Final = f"Widen the target column. {ROLLED_BACK}"
_CORRECT: Final = (
    f"Correct it in the source, exclude the row with 'where', or use text. {ROLLED_BACK}"
)
_CHANGED: Final = f"Its type changed after the plan was made. {AGAIN}"
_FUNCTION: Final = (
    f"See the triggers, generated columns and index expressions of the table. {ROLLED_BACK}"
)

VALUES: Final[tuple[Meaning, ...]] = (
    *states(DataError, ROLLED_BACK, "22 a value cannot be stored"),
    *states(
        DataError,
        _WIDEN,
        "22001 a text is too long for its column",
        "22003 a number is out of its column's range",
        "22008 a date or time is out of its column's range",
        "22026 a bit string does not have its column's length",
        "22015 an interval is out of its column's range",
    ),
    *states(
        DataError,
        "A text holds U+0000 or an unpaired surrogate: correct it in the source or exclude the "
        f"rows with 'where'. {ROLLED_BACK}",
        "22021 a text holds a character that PostgreSQL cannot store",
    ),
    *states(
        DataError,
        "Load into a database with the encoding UTF8, or exclude the column or the rows. "
        f"{ROLLED_BACK}",
        "22P05 a character has no equivalent in the database's encoding",
    ),
    *states(
        DataError,
        _CORRECT,
        "22007 a text is not a date or time",
        "22018 a text cannot be converted to its column's type",
        "22P02 a text is not a valid value of its column's type",
        "22009 a time zone displacement is not valid",
        "22030 a JSON object has a key twice",
        "22032 a text is not JSON",
        "2200L a text is not an XML document",
        "2200M a text is not a valid XML document",
        "2200N a text is not valid XML content",
        "2200S a text is not valid XML comment",
        "2200T a text is not valid XML processing instruction",
    ),
    *states(
        DataError,
        _FUNCTION,
        "10 an XQuery argument is not valid",
        "20 a function of the database found no case for a value",
        "22004 a function of the database was given a NULL that it does not allow",
        "22012 something divides by zero",
        "22023 a parameter's value is not allowed",
        "2201B a regular expression is not valid",
        "2201E a logarithm of such a number does not exist",
        "2201F a power of such a number does not exist",
        "22P01 a floating-point calculation failed",
        "22031 a JSON date or time function was given an invalid argument",
        "22033 a JSON subscript is not valid",
        "22034 a JSON path found more than one item",
        "22035 a JSON path found no item",
        "22036 a JSON item is not a number",
        "22037 a JSON object's keys are not unique",
        "22038 a JSON path must find a single item",
        "22039 a JSON path found no array",
        "2203A a JSON path found no member",
        "2203B a JSON path found no number",
        "2203C a JSON path found no object",
        "2203D a JSON array has too many elements",
        "2203E a JSON object has too many members",
        "2203F a JSON path must find a scalar",
        "2203G a JSON item cannot be converted to the target type",
        "27 a trigger changed the row that a statement was changing",
        "2F a function of the database failed",
        "38 an external function of the database failed",
        "39 a function of the database was called in a way that it does not allow",
        "39P01 a trigger does not follow the rules for triggers",
        "P0000 a function of the database failed",
        "P0002 a function of the database found no row",
        "P0003 a function of the database found more than one row",
        "P0004 an assertion in a function of the database failed",
    ),
    *states(
        DataError,
        "A table's trigger refuses rows; a database's event trigger refuses statements that "
        f"create, alter or drop a table. {ROLLED_BACK}",
        "09 a triggered action failed",
        "P0 a trigger refused a row or a statement",
        "P0001 a trigger refused a row or a statement",
    ),
    *states(
        SchemaError,
        f"ALTER SEQUENCE ... AS bigint, or RESTART it. {ROLLED_BACK}",
        "2200H a sequence has no more numbers",
    ),
    *states(
        SchemaError,
        _CHANGED,
        "22P03 a column does not accept the bytes that were sent",
        "22P04 the table's columns are not those of the load",
    ),
    *states(
        DataError,
        "The source's rows are not unique by this key in PostgreSQL (case, trailing blanks, or "
        f"rows doubled under NOLOCK). {ROLLED_BACK}",
        "23505 two rows have the same key",
        "21 a statement met two rows where it allows one, such as two with the same key",
    ),
    *states(DataError, ROLLED_BACK, "23 a constraint is not satisfied"),
    *states(
        DataError,
        f"Drop NOT NULL or exclude the rows with 'where'. {ROLLED_BACK}",
        "23502 a NULL arrived for a column that is NOT NULL",
    ),
    *states(
        DataError,
        "Load the referenced table first. A row that other tables reference cannot be deleted "
        "before theirs are, unless their foreign keys say ON DELETE CASCADE; where they are "
        f"DEFERRABLE, tables published together may be in any order. {ROLLED_BACK}",
        "23503 a foreign key is not satisfied",
        "23001 a row that would be deleted is referenced by another table",
    ),
    *states(
        DataError,
        f"If no constraint is named, no partition accepts the row. {ROLLED_BACK}",
        "23514 a check constraint is not satisfied",
    ),
    *states(
        DataError,
        f"Drop the constraint or exclude the rows with 'where'. {ROLLED_BACK}",
        "23P01 two rows conflict under an exclusion constraint",
    ),
    *states(
        DataError,
        f"The target is a view with this option: load its table. {ROLLED_BACK}",
        "44 a row does not satisfy the view's WITH CHECK OPTION",
    ),
    *states(
        DataError,
        f"A value or an index key is too large. {ROLLED_BACK}",
        "54 a value exceeds a limit of PostgreSQL",
    ),
)  # fmt: skip
"""What a row can be refused for."""
