"""The TOML that the README shows is one that the command reads."""

import re
from pathlib import Path

from tableferry.config.config_file import read_tables

ROOT = Path(__file__).parents[2]


def test_the_tables_of_the_readme_in_toml_are_read(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    shown = re.findall(r"^```toml\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
    assert len(shown) == 1
    path = tmp_path / "tables.toml"
    path.write_text(shown[0])
    assert [(one.key, str(one.target)) for one in read_tables(path)] == [
        ("customer", "mctm_customer")
    ]
