"""Where the plugin's icons and styles are: beside the code, in the installed plugin."""

from pathlib import Path

from qgis.PyQt.QtGui import QIcon

_RESOURCES = Path(__file__).parent / "resources"


def icon_path(name: str) -> str:
    """Path of ``resources/icons/NAME.svg``."""
    return str(_RESOURCES / "icons" / f"{name}.svg")


def icon(name: str) -> QIcon:
    """The icon of ``resources/icons/NAME.svg``."""
    return QIcon(icon_path(name))


def style_path(name: str) -> str:
    """Path of ``resources/styles/NAME.qml``."""
    return str(_RESOURCES / "styles" / f"{name}.qml")
