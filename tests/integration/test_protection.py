"""The question for protected columns is one that the stand-in's catalog can answer."""

from tableferry import sqlserver
from tableferry.config import SourceSettings
from tableferry.model.identifiers import SourceTable
from tableferry.sqlserver.protection import read_protection, read_traits
from tests.support.sandbox import Sandbox


def _connect(sandbox: Sandbox) -> sqlserver.SourceConnection:
    return sqlserver.connect(
        SourceSettings(
            prefix="X_",
            host=sandbox.host,
            port=sandbox.port,
            db="McTM",
            user=sandbox.user,
            password=sandbox.password,
        )
    )


def test_an_ordinary_table_has_no_protected_columns(sample_sandbox: Sandbox) -> None:
    with _connect(sample_sandbox) as connection:
        found = connection.rows(
            "SELECT COUNT(*) AS known FROM sys.columns "
            "WHERE is_masked = 0 AND encryption_type IS NULL",
            ["known"],
        )
        assert found[0][0] > 0
        assert read_protection(connection, SourceTable("McTM", "dbo", "Customer")) == {}


def test_the_questions_for_optional_facts_are_ones_that_the_stand_in_answers(
    sample_sandbox: Sandbox,
) -> None:
    with _connect(sample_sandbox) as connection:
        found = connection.rows(
            "SELECT COUNT(*) AS hiding FROM sys.security_policies AS s "
            "JOIN sys.security_predicates AS p ON p.object_id = s.object_id "
            "WHERE s.is_enabled = 1 AND p.predicate_type_desc = 'FILTER'",
            ["hiding"],
        )
        assert found == [(0,)]
        assert read_traits(connection, SourceTable("McTM", "dbo", "Customer")) == (False,) * 3
