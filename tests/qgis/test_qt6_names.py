"""Whether all that the plugin names of Qt exists in Qt 6, which QGIS 4 is made with."""

import ast
import json
import re
import subprocess
import sys

from test_plugin import modules_of_the_plugin

# Qt 6 goes by the name of its own package; in one process with Qt 5 it would crash.
LOOK_UP = """
import importlib, json, sys

missing = []
for module, path in json.load(sys.stdin):
    thing = importlib.import_module("PyQt6." + module)
    for part in path.split("."):
        thing = getattr(thing, part, missing)
    if thing is missing:
        missing.append([module, path])
json.dump(missing, sys.stdout)
"""

# What Qt 6 or PyQt 6 took away of instances, where no look-up of names sees it, and old globals.
REMOVED = re.compile(
    r"\.(exec_|print_|setMargin|toTime_t|fromTime_t|delta|localPos|screenPos|setCodec)\("
    r"|\[(str|int)\]\.(connect|emit)\b|\bfontMetrics\(\)\.width\(|\bqApp\b"
)


def names_of_qt(tree):
    """(module of Qt, dotted name) of all that a module imports from Qt and looks up in it."""
    fallbacks = {
        node
        for handler in ast.walk(tree)
        if isinstance(handler, ast.ExceptHandler)
        for node in ast.walk(handler)
    }
    module_of = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node not in fallbacks:
            package, _, module = node.module.rpartition(".")
            if package == "qgis.PyQt":
                module_of |= {alias.name: module for alias in node.names}
    for node in ast.walk(tree):
        path = []
        while isinstance(node, ast.Attribute):
            path.insert(0, node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id in module_of:
            yield module_of[node.id], ".".join([node.id, *path])
    yield from ((module, name) for name, module in module_of.items())


def missing_in_qt6(names):
    answer = subprocess.run(
        [sys.executable, "-c", LOOK_UP],
        input=json.dumps(names), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(answer.stdout)


def test_every_name_of_qt_is_one_of_qt6(staged_plugin):
    names = set()
    for path in modules_of_the_plugin(staged_plugin):
        names |= set(names_of_qt(ast.parse(path.read_text(encoding="utf-8"))))
    assert len(names) > 50
    assert missing_in_qt6(sorted(names)) == []


def test_nothing_is_called_that_qt6_took_away(staged_plugin):
    assert REMOVED.search("dialog.exec_()") and REMOVED.search("box.activated[str].connect(use)")
    for path in modules_of_the_plugin(staged_plugin):
        assert not REMOVED.search(path.read_text(encoding="utf-8")), path


def test_the_look_up_finds_what_qt6_does_not_have():
    tree = ast.parse(
        "from qgis.PyQt.QtCore import Qt, QRegExp\n"
        "try:\n    from qgis.PyQt.QtGui import QAction\n"
        "except ImportError:\n    from qgis.PyQt.QtWidgets import QAction\n"
        "Qt.AlignLeft, Qt.AlignmentFlag.AlignLeft, QAction\n"
    )
    missing = missing_in_qt6(sorted(set(names_of_qt(tree))))
    assert missing == [["QtCore", "QRegExp"], ["QtCore", "Qt.AlignLeft"]]
