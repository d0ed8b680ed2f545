"""Hooks of mkdocs: the pages work in the repository and on the site without being written twice.

Pages link to files beside ``docs/`` (README.md, examples/, deploy/sql/). The site holds a copy of
each under ``repository/``, and every relative link is rewritten to where its target is on the site.
"""

import os.path
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

LINK = re.compile(r"(\]\()([^)#\s]+)((?:#[^)\s]*)?\))")
BESIDE = "repository"
"""The folder of the site for files that are not in ``docs/``."""


def on_config(config: Any) -> Any:
    """Append the pages that the navigation lists nowhere, so that none is out of reach."""
    listed = set(re.findall(r"[\w/-]+\.md", repr(config.nav)))
    pages = sorted(path.name for path in Path(config.docs_dir).glob("*.md"))
    if more := [name for name in pages if name not in listed]:
        config.nav.append({"More": more})
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the linked files that are not in ``docs/``, and a list of the decisions."""
    root = Path(config.config_file_path).parent
    done: set[str] = set()
    open_paths = [f"docs/{file.src_uri}" for file in files.documentation_pages()]
    while open_paths:
        for target in _targets(root, open_paths.pop()):
            outside = not target.startswith("docs/") and (root / target).is_file()
            if outside and target not in done:
                done.add(target)
                place = f"{BESIDE}/{target}"
                files.append(File.generated(config, place, abs_src_path=str(root / target)))
                open_paths += [target] if target.endswith(".md") else []
    listed = "".join(f"- [{title}]({name})\n" for name, title in _decisions(root))
    files.append(File.generated(config, "decisions/index.md", content=f"# Decisions\n\n{listed}"))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Rewrite the page's relative links."""
    here = page.file.src_uri
    source = _in_repository(here)
    folder = os.path.dirname(here)  # noqa: PTH120 - paths of the site, not of this machine

    def rewritten(link: re.Match[str]) -> str:
        if "://" in link[2] or here == "decisions/index.md":
            return link[0]
        target = _on_site(_joined(source, link[2]))
        return f"{link[1]}{os.path.relpath(target, folder or '.')}{link[3]}"

    return LINK.sub(rewritten, markdown)


def _targets(root: Path, source: str) -> Iterator[str]:
    for link in LINK.finditer((root / source).read_text()):
        if "://" not in link[2]:
            yield _joined(source, link[2])


def _joined(source: str, link: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(source), link))  # noqa: PTH118, PTH120


def _in_repository(place: str) -> str:
    return place.removeprefix(f"{BESIDE}/") if place.startswith(BESIDE) else f"docs/{place}"


def _on_site(target: str) -> str:
    if target == "docs/decisions":
        return "decisions/index.md"
    return target.removeprefix("docs/") if target.startswith("docs/") else f"{BESIDE}/{target}"


def _decisions(root: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((root / "docs" / "decisions").glob("*.md")):
        yield path.name, path.read_text().partition("\n")[0].lstrip("# ")
