"""What the site needs beyond ``docs/``: pages that lie elsewhere, and links that leave the folder.

The model card belongs beside its weights, and the list of changes and the guide for contributors
in the root, where people look for them. They become pages here, so that no text stands twice.
Links of any page to a file outside of ``docs/`` lead to the repository, if the file is there.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]

# Page of the site to the file that is its text, from the root of the repository.
ELSEWHERE = {
    "science/model-card.md": "engine/cloudmamba/weights/cloudmamba-base.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
PAGES = {source: page for page, source in ELSEWHERE.items()}

_LINK = re.compile(r"(?<=\]\()([^)\s#]+)(?=[)#])")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie elsewhere."""
    for page, source in ELSEWHERE.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, **_: Any) -> str:
    """Turn links, which are written as they hold in the repository, into those of the site."""
    name = page.file.src_uri
    source = ELSEWHERE.get(name, f"docs/{name}")

    def of_the_site(match: re.Match[str]) -> str:
        link = match.group(1)
        if "://" in link or link.startswith("mailto:"):
            return link
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link))
        if not (ROOT / target).exists():
            raise PluginError(f"'{source}' links to '{link}', which is not there.")
        if target in PAGES or target.startswith("docs/"):
            inside = PAGES.get(target, target.removeprefix("docs/"))
            return posixpath.relpath(inside, posixpath.dirname(name) or ".")
        return f"{config.repo_url.rstrip('/')}/blob/main/{target}"

    return _LINK.sub(of_the_site, markdown)
