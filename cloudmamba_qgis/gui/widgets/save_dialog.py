"""Asks where to save a file."""

from __future__ import annotations

from qgis.PyQt.QtWidgets import QFileDialog, QWidget


def ask_where_to_save(
    parent: QWidget, title: str, kinds: str, suffix: str, folder: str = "", name: str = ""
) -> str:
    """Path of a file with the suffix, which the user agreed to have replaced if it is there; else empty.

    Args:
        kinds: Qt's filter.
        suffix: without a dot; Qt adds it before it asks whether to replace a file.
        name: of the file that is offered, in ``folder``.
    """
    dialog = QFileDialog(parent, title, folder, kinds)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(name)
    path = dialog.selectedFiles()[0] if dialog.exec() else ""
    dialog.deleteLater()
    return path
