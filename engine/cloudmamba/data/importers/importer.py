"""From labelled scenes of any layout to a data folder of crops."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

from cloudmamba.classes import BANDS, NO_DATA
from cloudmamba.data.importers.cropping import spans
from cloudmamba.data.importers.scenes import LabelledScene
from cloudmamba.data.importers.splits import SUBSETS, Subset, split_by_place
from cloudmamba.data.importers.writing import DataFolderWriter, SceneMetadata
from cloudmamba.errors import Cancelled, InputError
from cloudmamba.raster.bands import guess_bands, parse_bands
from cloudmamba.raster.grid import GDAL_CACHE_BYTES
from cloudmamba.raster.ground_distance import (
    check_ground_sample_distance,
    ground_sample_distance_m,
)
from cloudmamba.raster.radiometry import parse_radiometry, resolve_radiometry
from cloudmamba.scene.reader import Scene

# How the summary calls the radiometry of scenes that each have their own.
_OWN = "of each scene by its metadata"


@dataclass(frozen=True)
class ImportRequest:
    """How scenes become crops.

    Attributes:
        output: the data folder to make.
        bands, radiometry: as for detection; empty and ``auto`` to find out. A scene with a
            radiometry of its own keeps that.
        crop_px: side of the crops.
        least_labelled: share of a crop, 0..1, that must be labelled for it to be kept.
        validation_share, test_share: of the scenes, see ``splits.split``.
        gsd_m: ground sample distance; None for that of the georeferencing.
        usual_gsd_m: where the georeferencing tells none either.
        shadow_labelled: whether the labels tell all cloud shadow.
        sensor, level, licence, source: for the index.
    """

    output: Path
    bands: str = ""
    radiometry: str = "auto"
    crop_px: int = 512
    least_labelled: float = 0.0
    validation_share: float = 0.1
    test_share: float = 0.1
    gsd_m: float | None = None
    usual_gsd_m: float | None = None
    shadow_labelled: bool = False
    sensor: str = "unknown"
    level: str = ""
    licence: str = ""
    source: str = ""


@dataclass
class SubsetSummary:
    """What a subset holds.

    Attributes:
        scenes, crops: counts.
        mostly_empty: crops that were left out as too little of them is labelled.
        pixels_in_mostly_empty: labelled pixels that are in no other crop, and so left out too.
        pixels: pixels of the scenes by label, each counted once; 255 is not labelled.
    """

    scenes: int = 0
    crops: int = 0
    mostly_empty: int = 0
    pixels_in_mostly_empty: int = 0
    pixels: Counter[int] = field(default_factory=Counter)

    def percent(self, *labels: int) -> float:
        """Share of some labels among the labelled pixels, of which there must be some."""
        labelled = sum(count for label, count in self.pixels.items() if label != NO_DATA)
        return 100 * sum(self.pixels[label] for label in labels) / labelled


@dataclass
class ImportSummary:
    """What an import made.

    Attributes:
        subsets: by name.
        bands, radiometry: what was taken for how many scenes, in words.
        warnings: sentences for the user.
    """

    subsets: dict[Subset, SubsetSummary]
    bands: Counter[str] = field(default_factory=Counter)
    radiometry: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)


def import_scenes(
    scenes: Sequence[LabelledScene],
    request: ImportRequest,
    progress: Callable[[str], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ImportSummary:
    """Make a data folder of labelled crops. Crops without a labelled pixel are left out, and those
    of which less is labelled than ``least_labelled`` says.

    In validation and test every pixel is labelled in one crop only, so that scores on the crops
    are those of the scenes. Of a scene, as many rows as a crop has are in memory at a time.

    Args:
        progress: called with the name of each scene once it is done.
        cancelled: asked often; once it says True the import ends.

    Raises:
        InputError, OutputError: one sentence on what is wrong.
        Cancelled: ``cancelled`` said so.
        After any of these the folder does not exist.
    """
    parse_radiometry(request.radiometry, len(BANDS))
    spans(1, request.crop_px)
    if not 0 <= request.least_labelled <= 1:
        raise InputError(f"A share of {request.least_labelled:g} is not in 0 to 1.")
    check_ground_sample_distance(request.gsd_m)
    subsets = split_by_place(
        {scene.name: (scene.place or scene.name, scene.subset) for scene in scenes},
        request.validation_share,
        request.test_share,
    )
    summary = ImportSummary({subset: SubsetSummary() for subset in SUBSETS})
    with (
        rasterio.Env(GDAL_CACHEMAX=GDAL_CACHE_BYTES),
        DataFolderWriter(request.output) as folder,
    ):
        for scene in scenes:
            _import_scene(scene, subsets[scene.name], request, folder, summary, cancelled)
            progress(scene.name)
        if not any(part.crops for part in summary.subsets.values()):
            if any(part.mostly_empty for part in summary.subsets.values()):
                raise InputError(
                    f"Of no crop {100 * request.least_labelled:g} % is labelled: give smaller "
                    "crops, or a smaller --least-labelled."
                )
            raise InputError("No pixel of any scene is labelled: there is nothing to import.")
        _warn(summary, request)
        folder.commit()
    return summary


def _import_scene(
    labelled: LabelledScene,
    subset: Subset,
    request: ImportRequest,
    folder: DataFolderWriter,
    summary: ImportSummary,
    cancelled: Callable[[], bool],
) -> None:
    part = summary.subsets[subset]
    part.scenes += 1
    with Scene(labelled.path) as scene, labelled.open_labels(scene.grid) as read_labels:
        metadata, numbers = _settle(scene, labelled, subset, request, summary)
        for rows in spans(scene.grid.height, request.crop_px):
            strip = Window(0, rows.start_px, scene.grid.width, rows.size_px)
            values, valid = scene.read(numbers, strip)
            label = read_labels(strip)
            label[~valid] = NO_DATA
            for columns in spans(scene.grid.width, request.crop_px):
                if cancelled():
                    raise Cancelled("Cancelled: nothing was written.")
                here = slice(columns.start_px, columns.start_px + columns.size_px)
                own = np.full((rows.size_px, columns.size_px), NO_DATA, np.uint8)
                own[rows.own, columns.own] = label[:, here][rows.own, columns.own]
                codes, counts = np.unique(own[rows.own, columns.own], return_counts=True)
                part.pixels.update(dict(zip(codes.tolist(), counts.tolist(), strict=True)))
                crop_label = label[:, here] if subset == "train" else own
                if (crop_label == NO_DATA).all():
                    continue
                # Of the whole crop, also where another one owns the label.
                if (label[:, here] != NO_DATA).mean() < request.least_labelled:
                    part.mostly_empty += 1
                    part.pixels_in_mostly_empty += int((own != NO_DATA).sum())
                    continue
                window = Window(columns.start_px, rows.start_px, columns.size_px, rows.size_px)
                folder.add(
                    metadata, scene.grid, window, values[..., here], valid[:, here], crop_label
                )
                part.crops += 1


def _settle(
    scene: Scene,
    labelled: LabelledScene,
    subset: Subset,
    request: ImportRequest,
    summary: ImportSummary,
) -> tuple[SceneMetadata, tuple[int, ...]]:
    """What the index says of a scene, and the numbers of its bands in the order of ``BANDS``."""
    try:
        if request.bands.strip():
            roles = parse_bands(request.bands, len(scene.metadata.bands))
        else:
            roles = guess_bands(scene.metadata, scene.sample)
        numbers = roles.available_numbers
        radiometry = resolve_radiometry(
            labelled.radiometry or request.radiometry,
            scene.metadata,
            numbers,
            scene.sample(numbers),
        )
    except InputError as error:
        raise InputError(f"{labelled.name}: {error}") from error
    gsd_m = request.gsd_m or ground_sample_distance_m(scene.grid) or request.usual_gsd_m
    if gsd_m is None:
        raise InputError(
            f"'{scene.path}' is not georeferenced: say its ground sample distance in metres with "
            "--gsd-m."
        )
    summary.bands[str(roles)] += 1
    summary.radiometry[_OWN if labelled.radiometry else str(radiometry)] += 1
    _add_new(summary.warnings, radiometry.warnings)
    return SceneMetadata(
        name=labelled.name,
        place=labelled.place or labelled.name,
        subset=subset,
        bands=roles.available_bands,
        sensor=request.sensor,
        level=request.level,
        gsd_m=gsd_m,
        scales=radiometry.scales,
        offsets=radiometry.offsets,
        shadow_labelled=request.shadow_labelled,
        licence=request.licence,
        source=request.source,
        is_picture=radiometry.is_picture,
    ), numbers


def _warn(summary: ImportSummary, request: ImportRequest) -> None:
    if left_out := sum(part.mostly_empty for part in summary.subsets.values()):
        lost = sum(part.pixels_in_mostly_empty for part in summary.subsets.values())
        labelled = sum(
            count
            for part in summary.subsets.values()
            for label, count in part.pixels.items()
            if label != NO_DATA
        )
        _add_new(
            summary.warnings,
            [
                (
                    f"{left_out} crops of which less than {100 * request.least_labelled:g} % is labelled "
                    f"were left out, with {100 * lost / labelled:.1f} % of the labelled pixels: "
                    "--least-labelled 0 keeps them."
                )
            ],
        )
    pixels = sum((part.pixels for part in summary.subsets.values()), Counter[int]())
    if not pixels[1] + pixels[2]:
        _add_new(summary.warnings, ["No pixel is labelled cloud: check the codes of the classes."])
    if not summary.subsets["validation"].crops:
        _add_new(
            summary.warnings,
            ["There is nothing to validate on: give more scenes, or a validation share."],
        )


def _add_new(sentences: list[str], more: Iterable[str]) -> None:
    sentences += [sentence for sentence in more if sentence not in sentences]
