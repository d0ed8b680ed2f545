"""A number of jobs that a command cannot have is refused before anything is begun."""

import json
from pathlib import Path

import pytest

from tests.support.in_process import call

TABLES = """\
[tables.t]
db_type = "mctm"
sql_server_db = "McTM"
sql_table = "dbo.T"
pg_table = "t"
"""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["sync", "--jobs=0"], "'jobs' is 0, and must be from 1 to 64"),
        (["sync", "--jobs=65"], "'jobs' is 65, and must be from 1 to 64"),
        (["sync", "--jobs=many"], "Invalid value for '--jobs'"),
        (["sync", "--jobs=2", "--publish-together"], "does not go with publish_together"),
        (["sync", "--jobs=2", "--scheduler=local:2"], "--jobs does not go with --scheduler"),
        (["watch", "--jobs=0", "--every=1m"], "'jobs' is 0, and must be from 1 to 64"),
        (["watch", "--jobs=2", "--publish-together", "--every=1m"], "publish_together"),
        (["copy", "mssql://a:b@c/d", "postgresql://a:b@c/d", "--table=t", "--jobs=0"], "from 1 to"),
    ],
)
def test_it_is_refused_in_words(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "tables.toml").write_text(TABLES, encoding="utf-8")
    config = [] if arguments[0] == "copy" else ["--config=tables.toml"]
    done = call(*arguments, *config, "--json", cwd=tmp_path)
    assert done.returncode == 2
    assert said in json.loads(done.stdout)["error"]["message"]
