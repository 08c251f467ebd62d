"""Where the plugin's icons, styles and models are: beside the code, in the installed plugin."""

import configparser
from functools import lru_cache
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


@lru_cache
def plugin_version() -> str:
    """The version in the plugin's ``metadata.txt``."""
    metadata = configparser.ConfigParser(interpolation=None)
    metadata.read(Path(__file__).parent / "metadata.txt", encoding="utf-8")
    return metadata["general"]["version"]


def model_path(name: str) -> str:
    """Path of ``resources/models/NAME.model3``."""
    return str(_RESOURCES / "models" / f"{name}.model3")
