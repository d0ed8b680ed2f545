"""Every statement that the engine can send to a source is that of a probe.

Probes settle on a real server what the sandbox only claims; so a statement that none of them sends
would first be tried by a user.
"""

import pytest

from live.parse import read_probes
from live.probe import Batch
from tableferry.model.literals import LITERAL_FORMATS
from tableferry.typemap import RULES
from tableferry_sandbox.testing import sql_server
from tests.contract.representative_runs import recorded, run_everything
from tests.contract.statement_pieces import flat, pieces
from tests.integration.support import settings_of
from tests.support.databases import PgDatabase


@pytest.fixture(scope="module")
def asked() -> str:
    """All statements of the probes, made equal as the engine's are."""
    batches = [
        step.sql for probe in read_probes() for step in probe.steps if isinstance(step, Batch)
    ]
    return "\n".join(piece for sql in batches for piece in (flat(sql), *pieces(sql)))


def test_what_representative_runs_send_is_asked_by_a_probe(
    asked: str, pg_database: PgDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sql_server() as server, recorded(monkeypatch) as sent:
        run_everything(server, settings_of(pg_database))
    assert len(sent) > 100
    found = {piece: sql for sql in sent for piece in pieces(sql)}
    uncovered = [f"{piece}\n  in {sql[:400]}" for piece, sql in found.items() if piece not in asked]
    assert not uncovered, "\n\n".join(uncovered)


def test_what_is_selected_of_every_type_is_asked_by_a_probe(asked: str) -> None:
    selected = {
        (name, flat(conversion.select.replace("{}", "t.[V]")))
        for name, rule in RULES.items()
        for conversion in rule.conversions
    }
    assert sorted(one for one in selected if one[1] not in asked) == []


def test_the_text_and_the_literal_of_every_type_of_a_key_are_asked_by_a_probe(asked: str) -> None:
    texts = {
        (name, flat(form.text.format("t.[K]", length=8))) for name, form in LITERAL_FORMATS.items()
    }
    assert sorted(one for one in texts if one[1] not in asked) == []
    literals = {name for name in LITERAL_FORMATS if f"<{name}>" not in asked}
    assert literals <= {"timestamp"}, "a rowversion's literal is one of binary(8)"


def test_a_statement_that_no_probe_sends_is_told(asked: str) -> None:
    assert all(piece in asked for piece in pieces("SELECT @@TRANCOUNT AS open_now"))
    [piece] = pieces("SELECT @@NESTLEVEL AS deep")
    assert piece not in asked
