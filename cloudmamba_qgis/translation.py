"""Translation of everything the user reads."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QLocale, QTranslator

_CONTEXT = "cloudmamba_qgis"
_FOLDER = Path(__file__).parent / "resources" / "i18n"


def tr(text: str) -> str:
    """The text in the user's language."""
    return QCoreApplication.translate(_CONTEXT, text)


def load_translation() -> QTranslator | None:
    """Translate into the language of QGIS from now on; None where there is no translation.

    Whoever holds the result removes it with ``QgsApplication.removeTranslator``.
    """
    translator = QTranslator()
    locale = QLocale(QgsApplication.locale())
    if not translator.load(locale, "cloudmamba", "_", str(_FOLDER)):
        return None
    QgsApplication.installTranslator(translator)
    return translator
