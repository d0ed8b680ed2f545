"""The question for protected columns is one that the stand-in's catalog can answer."""

from tableferry import source
from tableferry.identifiers import SourceTable
from tableferry.settings import SourceSettings
from tableferry.source.protection import read_protection
from tests.support.sandbox import Sandbox


def test_an_ordinary_table_has_no_protected_columns(sample_sandbox: Sandbox) -> None:
    settings = SourceSettings(
        prefix="X_",
        host=sample_sandbox.host,
        port=sample_sandbox.port,
        db="McTM",
        user=sample_sandbox.user,
        password=sample_sandbox.password,
    )
    with source.connect(settings) as connection:
        found = connection.rows(
            "SELECT COUNT(*) AS known FROM sys.columns "
            "WHERE is_masked = 0 AND encryption_type IS NULL",
            ["known"],
        )
        assert found[0][0] > 0
        assert read_protection(connection, SourceTable("McTM", "dbo", "Customer")) == {}
