"""A fake engine with canned answers of every type, to test the wire alone."""

import re
import threading

import pyarrow as pa

from sandbox_support.values import ALL_TYPES, numbers_result, table_of
from tableferry_sandbox.events import (
    DatabaseChanged,
    Message,
    OutputValue,
    ResultSet,
    SqlError,
    StatementDone,
    TransactionChanged,
)
from tableferry_sandbox.physical import physical_type
from tableferry_sandbox.sqltypes import Column


class FakeSession:
    """Answers a statement by the first matching pattern of ``ANSWERS``."""

    def __init__(self, engine, session_id, database):
        self.engine = engine
        self.session_id = session_id
        self.database = database
        self.start_database = database
        self.language = "us_english"
        self.cancelled = threading.Event()
        self.transaction = 0
        self.closed = False
        self.cancels = 0

    def execute(self, sql, parameters=()):
        self.cancelled.clear()
        self.engine.statements.append((sql, tuple(parameters)))
        return self._run(sql, parameters)

    def _run(self, sql, parameters):
        for pattern, answer in [*self.engine.extra, *ANSWERS]:
            if match := re.search(pattern, sql, re.IGNORECASE):
                return answer(self, match, parameters)
        raise SqlError(50000, f"The fake engine does not know: {sql}")

    def rows(self, match, _parameters):
        count = int(match[1])
        self.engine.reads += 1

        def gate(_start):
            self.engine.batches_read += 1

        yield numbers_result(count, key=match[0] if match[2] else None, gate=gate)
        yield StatementDone(count, "SELECT")

    def all_types(self, match, _parameters):
        columns, batch = table_of(ALL_TYPES, nullable="NOT NULL" not in match[1])
        names = re.findall(r"\bc_\w+", match[1]) or batch.schema.names
        keep = [batch.schema.names.index(name) for name in names]
        batch = batch.select(keep)
        yield ResultSet([columns[i] for i in keep], iter([batch]))
        yield StatementDone(batch.num_rows, "SELECT")

    def broken(self, _match, _parameters):
        yield numbers_result(100_000, broken_after=30_000)

    def missing(self, _match, _parameters):
        raise SqlError(208, "Invalid object name 'dbo.Nowhere'.", line=2)

    def fatal(self, _match, _parameters):
        raise SqlError(823, "The operating system returned an error.", severity=24)

    def defect(self, _match, _parameters):
        raise KeyError("a defect of the engine")

    def two(self, _match, _parameters):
        yield numbers_result(2)
        yield StatementDone(2, "SELECT")
        yield numbers_result(3)
        yield StatementDone(3, "SELECT")

    def print_(self, _match, _parameters):
        yield Message(0, "hello", severity=0)
        yield StatementDone()

    def note_parameters(self, _match, parameters):
        yield StatementDone()
        for parameter in parameters:
            if parameter.output:
                yield OutputValue(parameter.name, parameter.type, 7)

    def parameters(self, _match, parameters):
        columns = [Column(p.name.lstrip("@"), p.type) for p in parameters]
        arrays = [pa.array([p.value], type=physical_type(p.type)) for p in parameters]
        batch = pa.RecordBatch.from_arrays(arrays, [column.name for column in columns])
        yield ResultSet(columns, iter([batch]))
        yield StatementDone(1, "SELECT")

    def sleep(self, _match, _parameters):
        self.engine.sleeping.set()
        self.cancelled.wait(30)
        raise SqlError(3617, "The statement was cancelled.")

    def use(self, match, _parameters):
        old, self.database = self.database, match[1].strip(" []")
        yield DatabaseChanged(old, self.database)
        yield StatementDone()

    def insert(self, _match, _parameters):
        yield StatementDone(3, "INSERT")

    def transaction_statement(self, match, _parameters):
        return self._transaction(match[1].lower())

    def nothing(self, _match, _parameters):
        yield StatementDone()

    def _transaction(self, kind):
        if kind == "begin":
            self.transaction = 11
            yield TransactionChanged("begin", 11)
        elif self.transaction:
            self.transaction = 0
            yield TransactionChanged(kind, 11)
        yield StatementDone(command=kind.upper())

    def describe(self, sql, parameters=()):
        for event in self._run(sql, parameters):
            return event.columns if isinstance(event, ResultSet) else None
        return None

    def begin(self, isolation=None):
        self.engine.statements.append((f"<begin {isolation}>", ()))
        return self._transaction("begin")

    def commit(self):
        self.engine.statements.append(("<commit>", ()))
        return self._transaction("commit")

    def rollback(self):
        self.engine.statements.append(("<rollback>", ()))
        return self._transaction("rollback")

    def cancel(self):
        self.cancels += 1
        self.cancelled.set()

    def reset(self):
        self.engine.resets += 1
        self.database = self.start_database

    def close(self):
        self.closed = True


ANSWERS = [
    (r"SELECT ROWS (\d+)( REPLAY)?", FakeSession.rows),
    (r"SELECT ALL TYPES(.*)", FakeSession.all_types),
    (r"SELECT BROKEN", FakeSession.broken),
    (r"SELECT MISSING", FakeSession.missing),
    (r"SELECT FATAL", FakeSession.fatal),
    (r"SELECT DEFECT", FakeSession.defect),
    (r"SELECT TWO", FakeSession.two),
    (r"SELECT PARAMETERS", FakeSession.parameters),
    (r"NOTE PARAMETERS", FakeSession.note_parameters),
    (r"PRINT", FakeSession.print_),
    (r"SLEEP", FakeSession.sleep),
    (r"^USE (.*)", FakeSession.use),
    (r"^INSERT", FakeSession.insert),
    (r"\b(BEGIN|COMMIT|ROLLBACK) TRAN", FakeSession.transaction_statement),
    (r"^\s*(SET|IF|DECLARE)\b", FakeSession.nothing),
]


class FakeEngine:
    def __init__(self):
        self.statements = []
        self.sessions = []
        self.logins = []
        self.reads = 0
        self.batches_read = 0
        self.resets = 0
        self.sleeping = threading.Event()
        self.extra = []

    def login(self, request):
        self.logins.append(request)
        if (request.user, request.password) != ("reader", "pässwörd 1"):
            raise SqlError(18456, f"Login failed for user '{request.user}'.", severity=14)
        if request.database == "Nowhere":
            raise SqlError(
                4060,
                'Cannot open database "Nowhere" requested by the login. The login failed.',
                severity=11,
            )
        session = FakeSession(self, 51 + len(self.sessions), request.database or "master")
        session.language = request.language or session.language
        self.sessions.append(session)
        return session

    def sent(self):
        return [sql for sql, _ in self.statements]
