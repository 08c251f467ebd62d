"""Translation of everything the user reads."""

from qgis.PyQt.QtCore import QCoreApplication


def tr(text: str) -> str:
    """The text in the user's language."""
    return QCoreApplication.translate("cloudmamba_qgis", text)
