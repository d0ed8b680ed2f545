"""The URLs of a stand-in and of a database, as the Python API takes them."""

from urllib.parse import quote

from tests.support.databases import PgDatabase


def source_url(host: str, port: int, user: str, password: str, database: str = "McTM") -> str:
    return f"mssql://{quoted(user)}:{quoted(password)}@{host}:{port}/{database}"


def target_url(database: PgDatabase) -> str:
    login = f"{quoted(database.user)}:{quoted(database.password)}"
    return f"postgresql://{login}@{quoted(database.host)}:{database.port}/{database.name}"


def quoted(text: str) -> str:
    return quote(text, safe="")
