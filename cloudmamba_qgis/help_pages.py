"""The help that comes with the plugin, without a network: one page a language."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QUrl
from qgis.PyQt.QtGui import QDesktopServices

_FOLDER = Path(__file__).parent / "resources" / "help"


def help_url(topic: str = "") -> QUrl:
    """Of a topic, which is an anchor of the page; of the whole page without one."""
    page = _FOLDER / f"{QgsApplication.locale().partition('_')[0]}.html"
    url = QUrl.fromLocalFile(str(page if page.is_file() else _FOLDER / "en.html"))
    url.setFragment(topic)
    return url


def open_help(topic: str = "") -> None:
    """Show it in the browser."""
    QDesktopServices.openUrl(help_url(topic))
