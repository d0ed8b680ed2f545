"""Drives mssql-python in a separate process: the driver fixes its provider once per process.

Usage: mssql_client.py <connection string> <autocommit 0|1> <step>. Prints one JSON value.
"""

import base64
import contextlib
import datetime as dt
import decimal
import json
import sys
import uuid

import mssql_python


def plain(value):
    if isinstance(value, (bytes, bytearray)):
        return "base64:" + base64.b64encode(value).decode()
    if isinstance(value, (decimal.Decimal, dt.datetime, dt.date, dt.time)):
        return str(value)
    if isinstance(value, uuid.UUID):
        return str(value).lower()
    return value


def fetch(cursor, sql, *parameters):
    cursor.execute(sql, *parameters)
    return [[plain(cell) for cell in row] for row in cursor.fetchall()]


def arrow(cursor, sql):
    cursor.execute(sql)
    reader = cursor.arrow_reader()  # kept in a variable: it closes itself when collected
    table = reader.read_all()
    return {name: [plain(v) for v in table[name].to_pylist()] for name in table.column_names}


def values(connection):
    return fetch(connection.cursor(), "SELECT ALL TYPES")


def values_not_null(connection):
    return fetch(connection.cursor(), "SELECT ALL TYPES NOT NULL")


def arrow_values(connection):
    return arrow(connection.cursor(), sys.argv[4])


def arrow_rows(connection):
    table = arrow(connection.cursor(), "SELECT ROWS 100000")
    return [len(table["n"]), sum(table["n"]), table["t"][-1]]


def arrow_outcome(connection):
    try:
        return len(arrow(connection.cursor(), "SELECT ROWS 100000")["n"])
    except mssql_python.Error as error:
        return f"refused: {error}"


def several_results(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT TWO")
    found = [cursor.arrow_batch(10).num_rows, cursor.nextset()]
    return [*found, cursor.arrow_batch(10).num_rows, cursor.nextset()]


def parameters(connection):
    cursor = connection.cursor()
    given = (
        7, 2**40, "текст 🚀", decimal.Decimal("-12.345"), 2.5, True, b"\x00\xff",
        dt.datetime(2024, 2, 29, 12, 34, 56, 789000), dt.date(1753, 1, 2),
        uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff"), "x" * 9000, b"z" * 9000,
    )  # fmt: skip
    first = fetch(cursor, "SELECT PARAMETERS " + ",".join("?" * len(given)), given)[0]
    again = [fetch(cursor, "SELECT PARAMETERS ?", (number,))[0] for number in range(3)]
    return [first[:-2], [len(first[-2]), len(first[-1])], again]


def many(connection):
    cursor = connection.cursor()
    cursor.executemany("INSERT t VALUES (?, ?)", [(i, f"ряд {i}") for i in range(1200)])
    return fetch(cursor, "SELECT PARAMETERS ?", (7,))


def null_parameter(connection):
    return fetch(connection.cursor(), "SELECT PARAMETERS ?", (None,))


def errors(connection):
    cursor = connection.cursor()
    texts = []
    for sql in ("SELECT MISSING", "SELECT BROKEN"):
        try:
            fetch(cursor, sql)
        except mssql_python.Error as error:
            texts.append(str(error))
    try:
        arrow(cursor, "SELECT BROKEN")
    except mssql_python.Error as error:
        texts.append(str(error))
    return [texts, fetch(cursor, "SELECT ROWS 1")]


def transaction(connection):
    cursor = connection.cursor()
    cursor.execute("INSERT x")
    count = cursor.rowcount
    connection.commit()
    after = fetch(cursor, "SELECT ROWS 2")
    connection.rollback()
    return [count, after, fetch(cursor, "SELECT ROWS 3")]


def abandon(connection):
    cursor = connection.cursor()
    cursor.execute("SELECT ROWS 3000000")
    reader = cursor.arrow_reader()
    reader.read_next_batch()
    reader.close()
    return fetch(cursor, "SELECT ROWS 1")


def pooled(connection):
    connection.cursor().execute("SELECT ROWS 1")
    connection.close()
    again = mssql_python.connect(sys.argv[1], autocommit=sys.argv[2] == "1")
    found = fetch(again.cursor(), "SELECT ROWS 1")
    again.close()
    return found


def statements(connection):
    """Run the statements of a JSON list, and return the rows of the last one."""
    cursor = connection.cursor()
    *first, last = json.loads(sys.argv[4])
    for sql, given in first:
        cursor.execute(sql, *([tuple(given)] if given else []))
    return fetch(cursor, last[0], *([tuple(last[1])] if last[1] else []))


STEPS = [
    statements, values, values_not_null, arrow_values, arrow_rows, arrow_outcome, several_results,
    parameters, null_parameter, many, errors, transaction, abandon, pooled,
]  # fmt: skip


def main():
    try:
        connection = mssql_python.connect(sys.argv[1], autocommit=sys.argv[2] == "1", timeout=20)
    except mssql_python.Error as error:
        print(json.dumps(f"refused: {error}"))
        return
    step = next(step for step in STEPS if step.__name__ == sys.argv[3])
    print(json.dumps(step(connection)))
    with contextlib.suppress(mssql_python.Error):  # closing a connection that was cut raises
        connection.close()


if __name__ == "__main__":
    main()
