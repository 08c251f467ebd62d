"""Brings the translations of the plugin up to date: collects texts, compiles what is translated.

Every ``tr("…")`` of the plugin goes into ``resources/i18n/cloudmamba_LANGUAGE.ts``, where
Qt Linguist or a text editor translates it; texts that are gone are removed. ``lrelease`` then
makes the ``.qm`` that ships. pylupdate does not know a ``tr`` that is a function.
"""

from __future__ import annotations

import argparse
import ast
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "cloudmamba_qgis"
FOLDER = ROOT / "resources" / "i18n"
CONTEXT = "cloudmamba_qgis"
LANGUAGES = ("de",)
# Of the example models the toolbox shows these; the rest belongs to whoever edits a model.
SHOWN_OF_MODELS = ("model_name", "SHORT_DESCRIPTION")


def texts(package: Path = PACKAGE) -> dict[str, str]:
    """Every text to translate, and the first file that has it."""
    found: dict[str, str] = {}
    for path in sorted(package.rglob("*.py")):
        if "engine_source" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "tr":
                (argument,) = node.args
                if isinstance(argument, ast.Call):
                    continue  # a text of an example model, see below
                if not isinstance(argument, ast.Constant):
                    raise SystemExit(f"{path}:{node.lineno}: tr() needs a text in quotes")
                found.setdefault(argument.value, path.relative_to(package.parent).as_posix())
    for path in sorted((ROOT / "resources" / "models").glob("*.model3")):
        for option in ElementTree.parse(path).getroot().iter("Option"):
            if option.get("name") in SHOWN_OF_MODELS and option.get("value"):
                found.setdefault(option.get("value"), path.relative_to(ROOT).as_posix())
    return found


def translations(ts: Path) -> dict[str, str]:
    """The texts of a file that are translated."""
    if not ts.is_file():
        return {}
    messages = ElementTree.parse(ts).getroot().iter("message")
    pairs = [(message.findtext("source"), message.findtext("translation")) for message in messages]
    return {source: translation for source, translation in pairs if translation}


def write(ts: Path, language: str, wanted: dict[str, str], translated: dict[str, str]) -> None:
    """Write a file for Qt Linguist."""
    root = ElementTree.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = ElementTree.SubElement(root, "context")
    ElementTree.SubElement(context, "name").text = CONTEXT
    for text, path in sorted(wanted.items(), key=lambda one: (one[1], one[0])):
        message = ElementTree.SubElement(context, "message")
        ElementTree.SubElement(message, "location", filename=f"../../{path}")
        ElementTree.SubElement(message, "source").text = text
        translation = ElementTree.SubElement(message, "translation")
        if text in translated:
            translation.text = translated[text]
        else:
            translation.set("type", "unfinished")
    ElementTree.indent(root, space="    ")
    document = ElementTree.tostring(root, encoding="unicode")
    ts.parent.mkdir(parents=True, exist_ok=True)
    ts.write_text(
        f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{document}\n', encoding="utf-8"
    )


def lrelease() -> str:
    """The program that compiles; Debian keeps it out of the way."""
    for name in ("/usr/lib/qt5/bin/lrelease", "/usr/lib/qt6/bin/lrelease", "lrelease"):
        if shutil.which(name):
            return name
    raise SystemExit("lrelease is missing: install the package qttools5-dev-tools.")


def main() -> int:
    """Update and compile every language; returns 1 if a text is not translated."""
    parser = argparse.ArgumentParser(description="Update the translations of the plugin.")
    parser.parse_args()
    wanted = texts()
    missing = 0
    for language in LANGUAGES:
        ts = FOLDER / f"cloudmamba_{language}.ts"
        translated = translations(ts)
        write(ts, language, wanted, translated)
        subprocess.run(
            [lrelease(), "-silent", str(ts), "-qm", str(ts.with_suffix(".qm"))],
            check=True,
        )
        untranslated = [text for text in wanted if text not in translated]
        print(f"{ts}: {len(wanted) - len(untranslated)} of {len(wanted)} texts are translated")
        missing += len(untranslated)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
