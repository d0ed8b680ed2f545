"""What is written as jsonb is what PostgreSQL writes, for JSON of any kind."""

import json
import random
from typing import Any

from tableferry.verification.json_values import json_value, jsonb_text
from tests.support.databases import PgDatabase

NUMBERS = ["0", "-0", "-0.0", "1.50", "1e2", "1E+2", "1.5e-3", "-12e0", "0e5", "0.10e1", "100",
           "12345678901234567890.123456789", "1e-20", "1.0E20"]  # fmt: skip
LETTERS = 'aBz09 "\\/\b\f\n\r\t\x01\x1f\x7fäя\u2028😀'


def drawn_text(drawn: random.Random) -> str:
    return "".join(drawn.choice(LETTERS) for _ in range(drawn.randrange(6)))


def drawn_json(drawn: random.Random, depth: int = 0) -> str:
    match drawn.randrange(6 if depth < 4 else 4):
        case 0:
            return drawn.choice(NUMBERS)
        case 1:
            return drawn.choice(["true", "false", "null"])
        case 2 | 3:
            return json.dumps(drawn_text(drawn), ensure_ascii=drawn.random() < 0.5)
        case 4:
            return (
                f"[ {' ,'.join(drawn_json(drawn, depth + 1) for _ in range(drawn.randrange(4)))}]"
            )
    members = (
        f"{json.dumps(drawn_text(drawn))} :{drawn_json(drawn, depth + 1)}"
        for _ in range(drawn.randrange(5))
    )
    return f"{{{', '.join(members)} }}"


def test_any_json_is_written_as_postgresql_writes_it(pg_database: PgDatabase) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")  # pytest shows it when the test fails
    drawn = random.Random(seed)
    texts = [drawn_json(drawn) for _ in range(2000)]
    with pg_database.connect() as connection:
        rows: list[Any] = connection.execute(
            "SELECT x::jsonb::text FROM unnest(%s::text[]) WITH ORDINALITY AS t (x, n) ORDER BY n",
            (texts,),
        ).fetchall()
    for text, (kept,) in zip(texts, rows, strict=True):
        assert jsonb_text(text) == kept
        assert json_value(text) == json_value(kept)
