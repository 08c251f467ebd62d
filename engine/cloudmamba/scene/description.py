"""What can be told of a raster without detecting anything in it, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cloudmamba.classes import BANDS
from cloudmamba.errors import InputError
from cloudmamba.products import Product
from cloudmamba.raster.bands import BandRoles
from cloudmamba.raster.radiometry import Radiometry
from cloudmamba.scene.interpretation import Interpretation, interpret, settle_bands
from cloudmamba.scene.reader import Scene


@dataclass(frozen=True)
class Description:
    """How a raster would be read.

    Attributes:
        roles: None where that cannot be told.
        interpretation: None where bands or radiometry cannot be told.
        problem, problem_code: why; empty where there is none.
        product: the product that the raster is, None for an ordinary raster.
    """

    roles: BandRoles | None = None
    interpretation: Interpretation | None = None
    problem: str = ""
    problem_code: str = ""
    product: Product | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values: ``product``, ``bands``, ``radiometry``, ``warnings``, ``problem``, ``problem_code``,
        ``readings``."""
        interpretation = self.interpretation
        return {
            "product": product_as_json(self.product) if self.product else None,
            "bands": roles_as_json(self.roles) if self.roles else None,
            "radiometry": (
                radiometry_as_json(interpretation.best.radiometry) if interpretation else None
            ),
            "warnings": list(interpretation.warnings) if interpretation else [],
            "problem": self.problem,
            "problem_code": self.problem_code,
            "readings": [
                {
                    "bands": reading.roles.as_option,
                    "radiometry": reading.radiometry_option,
                    "title": title,
                    "cloud_percent": None,
                    "thumbnail": None,
                }
                for reading, title in zip(
                    interpretation.readings, interpretation.titles(), strict=True
                )
            ]
            if interpretation
            else [],
            "question": "",
        }


def describe_scene(
    scene: Scene,
    bands: str = "",
    radiometry: str = "auto",
    check_cancelled: Callable[[], None] = lambda: None,
) -> Description:
    """Of an open scene; a problem with it is described and not raised."""
    roles = None
    product = scene.product if scene.is_product else None
    try:
        roles = settle_bands(scene, bands, check_cancelled)
        interpretation = interpret(scene, bands, radiometry, check_cancelled)
    except InputError as error:
        return Description(roles, None, str(error), error.code, product)
    return Description(interpretation.best.roles, interpretation, product=product)


def describe_file(
    path: str,
    bands: str = "",
    radiometry: str = "auto",
    keep_fill: bool = False,
    further: Sequence[str] = (),
) -> Description:
    """Of a file or a product; one that cannot be read is described, too."""
    try:
        with Scene(path, keep_fill, further) as scene:
            return describe_scene(scene, bands, radiometry)
    except InputError as error:
        return Description(problem=str(error), problem_code=error.code)


def product_as_json(product: Product) -> dict[str, Any]:
    """Name, title, time of acquisition (ISO 8601), sun in degrees, kinds of masks it brings."""
    return {
        "name": product.name,
        "title": product.title,
        "acquired": product.acquired and product.acquired.isoformat(),
        "sun_elevation_deg": product.sun_elevation_deg,
        "sun_azimuth_deg": product.sun_azimuth_deg,
        "masks": [layer.kind for layer in product.quality],
    }


def roles_as_json(roles: BandRoles) -> dict[str, Any]:
    """Band number of each role (None for one that is missing), ``confidence`` and ``reason``."""
    return {
        **dict(zip(BANDS, roles.numbers, strict=True)),
        "confidence": roles.confidence,
        "reason": roles.reason,
    }


def radiometry_as_json(radiometry: Radiometry) -> dict[str, Any]:
    """``name``, ``scales``, ``offsets``, ``confidence`` and ``reason``."""
    return {
        "name": radiometry.name,
        "scales": list(radiometry.scales),
        "offsets": list(radiometry.offsets),
        "confidence": radiometry.confidence,
        "reason": radiometry.reason,
    }
