"""Files that belong together by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath


@dataclass
class NameGroup:
    """Files of one scene: the match of each by its name, all in one folder."""

    folder: str
    scene: str
    matches: dict[str, re.Match] = field(default_factory=dict)

    def by(self, group: str) -> dict[str, str]:
        """Names by what a group of the pattern matched; the first file of each counts."""
        found: dict[str, str] = {}
        for name, match in self.matches.items():
            found.setdefault((match.group(group) or "").upper(), name)
        return found


def group_names(names: Iterable[str], pattern: re.Pattern, subfolders: str = "") -> list[NameGroup]:
    """Files whose names match, together by folder and by the group ``scene`` of the pattern.

    Args:
        pattern: for the whole of a name without its folder.
        subfolders: pattern of folder names that do not part a scene, such as ``R10m``.
    """
    groups: dict[tuple[str, str], NameGroup] = {}
    for name in names:
        path = PurePosixPath(name)
        match = pattern.fullmatch(path.name)
        if match is None:
            continue
        folder = path.parent
        while subfolders and re.fullmatch(subfolders, folder.name):
            folder = folder.parent
        key = (folder.as_posix(), match.group("scene").upper())
        group = groups.setdefault(key, NameGroup(folder.as_posix(), match.group("scene")))
        group.matches[name] = match
    return list(groups.values())


def below(names: Iterable[str], folder: str) -> list[str]:
    """Names in a folder and in all below it."""
    start = "" if folder in (".", "") else folder.rstrip("/") + "/"
    return [name for name in names if name.startswith(start)]
