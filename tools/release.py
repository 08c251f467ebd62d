"""Makes a release: sets the version everywhere, and builds the plugin's zip.

``python tools/release.py 0.2.0`` takes what ``CHANGELOG.md`` has under *Unreleased*, gives it the
number and the date, and writes the number into the engine (from which ``pyproject.toml`` has it)
and into the plugin's ``metadata.txt``. Commit and tag are left to people; the commands are shown.
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from stage_plugin import stage, zip_plugin

ENGINE = Path("engine/cloudmamba/__init__.py")
METADATA = Path("metadata.txt")
CHANGELOG = Path("CHANGELOG.md")

_NUMBER = re.compile(r"\d+\.\d+\.\d+")
_UNRELEASED = re.compile(r"^## \[Unreleased\]\n(.*?)(?=^## \[)", re.MULTILINE | re.DOTALL)
_VERSIONS = {
    ENGINE: re.compile(r'(?<=^__version__ = ")[^"]*(?=")', re.MULTILINE),
    METADATA: re.compile(r"(?<=^version=).*$", re.MULTILINE),
}


def versions(root: Path) -> dict[Path, str]:
    """The version that each file names.

    Raises:
        ValueError: a file names none, or more than one.
    """
    found = {}
    for path, pattern in _VERSIONS.items():
        numbers = pattern.findall((root / path).read_text(encoding="utf-8"))
        if len(numbers) != 1:
            raise ValueError(f"'{path}' names {len(numbers)} versions where one is expected.")
        found[path] = numbers[0]
    return found


def set_version(root: Path, version: str, today: date) -> None:
    """Write ``version`` into all files, and close the section *Unreleased* of the changelog.

    Raises:
        ValueError: ``version`` is no number such as 0.2.0, or nothing is under *Unreleased*;
            no file was changed.
    """
    if not _NUMBER.fullmatch(version):
        raise ValueError(f"'{version}' is no version such as 0.2.0.")
    changelog = (root / CHANGELOG).read_text(encoding="utf-8")
    unreleased = _UNRELEASED.search(changelog)
    if unreleased is None or not unreleased.group(1).strip():
        raise ValueError(f"'{CHANGELOG}' says nothing under [Unreleased]: write what changed.")
    heading = f"## [Unreleased]\n\n## [{version}] - {today.isoformat()}\n"
    texts = {CHANGELOG: changelog.replace("## [Unreleased]\n", heading, 1)}
    versions(root)
    for path, pattern in _VERSIONS.items():
        texts[path] = pattern.sub(version, (root / path).read_text(encoding="utf-8"))
    for path, text in texts.items():
        (root / path).write_text(text, encoding="utf-8")


def main() -> int:
    """Set the version, build the zip, and say what is left to do; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make a release.")
    parser.add_argument("version", help="such as 0.2.0")
    version = parser.parse_args().version
    try:
        set_version(ROOT, version, date.today())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(zip_plugin(stage(ROOT / "build" / "plugin"), ROOT / "dist"))
    print(f"Look at the changes, then: git commit -am 'Release {version}' && git tag v{version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
