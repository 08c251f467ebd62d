"""What a detection is asked for, how it reports its progress, and what it tells at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloudmamba.errors import ModelError


@dataclass(frozen=True)
class DetectionRequest:
    """One detection.

    Attributes:
        input_path: a file, another name that GDAL opens, or a product: its folder, archive,
            metadata file or STAC item.
        mask_path, uncertainty_path, probability_path, shadow_path, stages_path: GeoTIFFs to
            write; None for a result that is not wanted.
        shadow_in_mask: cloud shadow is class 2 of the mask; needs a model that gives it.
        bands: ``1,2,3,4`` or ``1,2,3`` (blue, green, red and near infrared), or by name as in
            ``red=1,green=2,blue=3``; empty to guess.
        radiometry: ``auto``, ``scale:S[,OFFSET]`` or a name, see ``raster.radiometry``.
        keep_fill: areas of one value at the edges, which nobody declared as no data, are image.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
        model: a model file or the name of a shipped model; None for the default one.
        coarse_threshold, refined_threshold, acceptance_threshold: tau_c, tau_r and gamma in
            0..1; None for those of the model.
        augment: ``none``, or what Pc and Pr are averaged over: ``flips`` (4 of them, 4 times the
            work) or ``dihedral`` (the 8 symmetries of the square, 8 times the work).
        look_first: compute at full resolution only tiles of which a first look, at a quarter of it,
            is not sure: faster where much is clear or overcast, and small clouds may be missed.
        crs: coordinate reference system of an image whose file names none, as in ``EPSG:32633``
            or as WKT; the results name it.
        gsd_m: ground sample distance; None for what the georeferencing tells. How far out clouds
            are outlined depends on it (``outlines.py``).
        tile_px, overlap_px: size of the tiles and what neighbours share at least.
        batch_size: tiles at a time; None for what suits the device.
        band_paths: more single-band rasters that make up one image with ``input_path``.
        product_mask_path: the mask that the product itself brings, as GeoTIFF on the same grid;
            None where it is not wanted.
        product_mask_kind: which of several masks of the product, such as ``scl`` or ``cldprb``;
            empty for the best.
        product_mask_is_optional: where the product brings no mask, that is a warning.
        stac_path: STAC item of the results to write; None where it is not wanted.
        stac_is_in_batch: whether the item names the collection of a batch beside it.
        add_product_classes: take over the product's cloud shadow (2) and snow (4) into the mask
            where it would be clear.
        add_product_shadow: the same of its cloud shadow alone.
        resolution_m: size of the pixels that are read and written, in units of the map; None for
            all that the raster has.
    """

    input_path: str
    mask_path: Path
    uncertainty_path: Path | None = None
    probability_path: Path | None = None
    shadow_path: Path | None = None
    stages_path: Path | None = None
    shadow_in_mask: bool = False
    bands: str = ""
    radiometry: str = "auto"
    keep_fill: bool = False
    device: str = "auto"
    model: str | None = None
    coarse_threshold: float | None = None
    refined_threshold: float | None = None
    acceptance_threshold: float | None = None
    augment: str = "none"
    look_first: bool = False
    crs: str | None = None
    gsd_m: float | None = None
    tile_px: int = 512
    overlap_px: int = 32
    batch_size: int | None = None
    band_paths: tuple[str, ...] = ()
    product_mask_path: Path | None = None
    product_mask_kind: str = ""
    product_mask_is_optional: bool = False
    add_product_classes: bool = False
    add_product_shadow: bool = False
    stac_path: Path | None = None
    stac_is_in_batch: bool = False
    resolution_m: float | None = None

    @property
    def asks_for_product_mask(self) -> bool:
        """Whether the mask that the product brings is needed for any of the results."""
        return (
            self.product_mask_path is not None
            or self.add_product_classes
            or self.add_product_shadow
        )

    def check_shadow(self, model: str, tells_shadow: bool) -> None:
        """Raises ModelError where cloud shadow is asked of a model that does not tell it."""
        if (self.shadow_in_mask or self.shadow_path) and not tells_shadow:
            raise ModelError(
                f"The model '{model}' does not tell cloud shadow: use one that does, or ask for "
                "the mask without it."
            )


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` steps, and what is going on."""

    done: int
    total: int
    message: str


@dataclass(frozen=True)
class Summary:
    """What came out. All values are plain, so that it can be written as JSON.

    Attributes:
        cloud_percent: of the valid pixels.
        valid_percent: of all pixels.
        shadow_percent: of the valid pixels; None where the mask has no class for cloud shadow.
        mean_uncertainty: 0..1, over the valid pixels.
        width, height: of the scene in pixels.
        device: its name for people.
        seconds: from start to end.
        tiles, tiles_skipped, tiles_refined, tiles_settled: all, without a valid pixel, with the
            second stage, settled by a first look.
        model, version: of the weights.
        bands: number of each role (None for one that is missing), ``confidence``, ``reason``.
        radiometry: ``name``, ``scales``, ``offsets``, ``confidence``, ``reason``.
        thresholds: ``coarse``, ``refined``, ``acceptance``.
        augmentation: ``none``, ``flips`` or ``dihedral``.
        gsd_m: ground sample distance that outlines are drawn for; None if it was not known.
        warnings: sentences for the user.
        outputs: path of each result by its kind.
        product: name, title, time of acquisition and sun of the product that was read; None for
            an ordinary raster.
        input_files: all that was read, but for statistics beside it.
    """

    cloud_percent: float
    valid_percent: float
    mean_uncertainty: float
    width: int
    height: int
    device: str
    seconds: float
    tiles: int
    tiles_skipped: int
    tiles_refined: int
    model: str
    version: str
    bands: dict[str, Any]
    radiometry: dict[str, Any]
    thresholds: dict[str, float]
    augmentation: str
    tiles_settled: int = 0
    gsd_m: float | None = None
    shadow_percent: float | None = None
    warnings: list[str] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    product: dict[str, Any] | None = None
    input_files: list[str] = field(default_factory=list)
