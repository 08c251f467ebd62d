"""What the plugin remembers for its user, all in one place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from qgis.core import QgsApplication, QgsSettings

Value = TypeVar("Value", str, int, float, bool)


@dataclass(frozen=True)
class Setting(Generic[Value]):
    """One entry of QGIS's settings; its type is that of its default."""

    key: str
    default: Value

    def get(self) -> Value:
        """The default where nothing or nonsense is stored."""
        stored = QgsSettings().value(self.key)
        if stored is None:
            return self.default
        try:
            if isinstance(self.default, bool):
                return stored if isinstance(stored, bool) else str(stored).lower() == "true"
            return type(self.default)(float(stored) if self.is_whole else stored)
        except (TypeError, ValueError):
            return self.default

    def set(self, value: Value) -> None:
        """Remember it; the file is only written where it was another, as sliders ask often."""
        if value != self.get():
            QgsSettings().setValue(self.key, value)

    def forget(self) -> None:
        QgsSettings().remove(self.key)

    @property
    def is_whole(self) -> bool:
        """Whether it is a whole number, which may have been stored as another."""
        return isinstance(self.default, int)


# The engine that is used; empty: the first that is found.
ENGINE = Setting("cloudmamba/engine_python", "")
# How long the engine stays without work; 0: not at all.
ENGINE_IDLE_MINUTES = Setting("cloudmamba/engine_idle_minutes", 10.0)
# For which version of the plugin a set-up was offered: once is enough.
SETUP_OFFERED_FOR = Setting("cloudmamba/setup_offered", "")

# With what images are masked: by the toolbar, the menus and the dock alike.
MODEL = Setting("cloudmamba/dock/model", "")
DEVICE = Setting("cloudmamba/dock/device", "auto")
# Masks have cloud shadow as a class of its own.
MARKS_SHADOW = Setting("cloudmamba/dock/marks_shadow", False)
# Results go beside the image; else into temporary files.
SAVES_BESIDE_IMAGE = Setting("cloudmamba/save_beside_image", False)

DOCK_IS_OPEN = Setting("cloudmamba/dock/open", False)
DOCK_IS_LEFT = Setting("cloudmamba/dock/is_left", False)
BUFFER_PX = Setting("cloudmamba/dock/buffer_px", 0)
SMALLEST_CLOUD_PX = Setting("cloudmamba/dock/smallest_cloud_px", 0)
SMALLEST_HOLE_PX = Setting("cloudmamba/dock/smallest_hole_px", 0)

REVIEW_THRESHOLD = Setting("cloudmamba/review/threshold", 0.5)
REVIEW_SMALLEST_PX = Setting("cloudmamba/review/smallest_px", 20)
REVIEW_WITH_EDGES = Setting("cloudmamba/review/with_edges", False)
SAVE_FOLDER = Setting("cloudmamba/review/folder", "")

# What users said of images of each product.
_PRODUCTS = "cloudmamba/products"

# Where QGIS keeps which parts of the dock are folded.
FOLDED_PARTS = "cloudmambaDock"


def bands_of_product(product: str) -> Setting[str]:
    """Which band is which in images of a product; empty: to be found out."""
    return Setting(f"{_PRODUCTS}/{product}/bands", "")


def radiometry_of_product(product: str) -> Setting[str]:
    """What the numbers are in images of a product."""
    return Setting(f"{_PRODUCTS}/{product}/radiometry", "auto")


def has_products() -> bool:
    """Whether anything is remembered of any product."""
    settings = QgsSettings()
    settings.beginGroup(_PRODUCTS)
    return bool(settings.childGroups())


def forget_products() -> None:
    """All that was said of bands and numbers is to be found out again."""
    QgsSettings().remove(_PRODUCTS)


def profile_folder() -> Path:
    """The folder of the user's QGIS profile."""
    return Path(QgsApplication.qgisSettingsDirPath())
