"""``cloudmamba:areasbydate``: how clear each area is on each day."""

from __future__ import annotations

import csv
import math
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from osgeo import gdal
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsFeature,
    QgsGeometry,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterField,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingUtils,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QDate

from cloudmamba_qgis.algorithms.parameter_numbers import given_number
from cloudmamba_qgis.algorithms.product_scenes import scenes_of_folder, scenes_of_list
from cloudmamba_qgis.algorithms.scenes import SceneAlgorithm
from cloudmamba_qgis.layers.area_layer import AreaLayerFinisher
from cloudmamba_qgis.layers.fields import DAY, NUMBER, TEXT, fields_of
from cloudmamba_qgis.rasters.area_series import (
    Observation,
    Outline,
    best_first,
    gaps,
    observation,
    observe,
)
from cloudmamba_qgis.rasters.blocks import stop_if_cancelled
from cloudmamba_qgis.rasters.files import mask_as_shown, open_raster, replacing
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.scene_files import SceneFiles
from cloudmamba_qgis.rasters.shown import as_shown
from cloudmamba_qgis.translation import tr

_FIELDS = {
    "area": TEXT,
    "date": DAY,
    "clear_percent": NUMBER,
    "cloud_percent": NUMBER,
    "shadow_percent": NUMBER,
    "no_data_percent": NUMBER,
    "usable": NUMBER,
    "rank": NUMBER,
    "scenes": TEXT,
}
# Around the areas: what a network sees of the surroundings of a pixel.
_MARGIN_PX = 128


class AreasByDateAlgorithm(SceneAlgorithm):
    """Counts the masks of each day in each area."""

    SOURCES = DATED = ("MASKS", "SCENES")

    def name(self) -> str:
        return "areasbydate"

    def displayName(self) -> str:
        return tr("Cloud cover of areas by date")

    def tags(self) -> list[str]:
        return tr(
            "cloud,clouds,time series,date,best date,field,parcel,area of interest,clear,gap,"
            "temporal,chart,table,csv"
        ).split(",")

    def shortDescription(self) -> str:
        return tr("How clear each polygon is on each day: best dates and gaps.")

    def shortHelpString(self) -> str:
        return tr(
            "<p>Tells for every polygon, such as a field, and every day how much of it is clear, "
            "cloud, cloud shadow and without data, in % of the polygon. Masks of one day are put "
            "together, so that an area may lie on several tiles.</p>"
            "<p>Give masks, or scenes, or a folder or list of either. Scenes without a mask are "
            "masked first, only where the areas are. In a folder NAME_mask.tif is the mask of "
            "NAME.tif. Days come from the time of the layers, the metadata or the names of the "
            "files; the log says which. What has no day is left out.</p>"
            "<p><b>Areas by date</b>: one polygon for each area and day. <b>usable</b>: 1 where at "
            "least so much is clear as is wanted, else 0. <b>rank</b>: 1 for the clearest day of "
            "the area. The layer has its time set: open the temporal controller.<br/>"
            "<b>Table</b>: the same without polygons, as CSV.</p>"
            "<p>The log names the best dates of each area and its longest times without a usable "
            "one.</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        raster = QgsProcessing.SourceType.TypeRaster
        self.add(
            QgsProcessingParameterFeatureSource(
                "AREAS", tr("Areas"), [QgsProcessing.SourceType.TypeVectorPolygon]
            ),
            tr("Polygons in any CRS."),
        )
        self.add(
            QgsProcessingParameterField(
                "NAME_FIELD", tr("Names of the areas"), None, "AREAS", optional=True
            ),
            tr("A field that names them. Not set: their numbers."),
        )
        self.add(
            QgsProcessingParameterMultipleLayers("MASKS", tr("Cloud masks"), raster, optional=True),
            tr("0 clear, 1 cloud, 2 cloud shadow, 255 no data, as Detect clouds makes it."),
        )
        self.add(
            QgsProcessingParameterMultipleLayers("SCENES", tr("Scenes"), raster, optional=True),
            tr("Images whose clouds are detected first, where the areas are."),
        )
        self.add_folder(
            tr("Folder of masks or scenes"),
            tr(
                "All rasters (tif, jp2, vrt, img) and products (such as Sentinel-2 as SAFE folder or "
                "zip) in it; NAME_mask.tif is the mask of NAME.tif or of the product NAME."
            ),
        )
        self.add(
            QgsProcessingParameterFile(
                "LIST",
                tr("List of masks or scenes"),
                optional=True,
                fileFilter=tr("Lists (*.txt *.csv)"),
            ),
            tr(
                "A text file with one path a line, or a CSV file with the column scene and, if "
                "wanted, bands and radiometry, as the command cloudmamba batch takes it. Relative "
                "paths are relative to the folder of the list, else to the current folder."
            ),
        )
        self.add_number(
            "LEAST_CLEAR",
            tr("Usable from, % clear"),
            tr("Of an area: days with less than this count as gaps."),
            80.0,
            most=100.0,
        )
        self.add_shadow(tr("That is, not as clear. Off: what is in shadow is clear."))
        self.add_detection()
        self.add(
            QgsProcessingParameterFeatureSink(
                "OUTPUT", tr("Areas by date"), QgsProcessing.SourceType.TypeVectorPolygon
            ),
            tr("One polygon for each area and day."),
        )
        self.add(
            QgsProcessingParameterFileDestination(
                "TABLE", tr("Table"), tr("CSV files (*.csv)"), optional=True, createByDefault=False
            ),
            tr("The same without polygons."),
        )
        self.add_results(DAYS=tr("Number of days"))
        self.addOutput(
            QgsProcessingOutputString("BEST_DATE", tr("Best date: clearest, mean of all areas"))
        )
        self.add_results(LONGEST_GAP_DAYS=tr("Longest time without a usable date in an area, days"))

    def problem_of(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        given = [
            any(self._layers(name, parameters, context) for name in self.SOURCES),
            bool(self.parameterAsFile(parameters, "FOLDER", context)),
            bool(self.parameterAsFile(parameters, "LIST", context)),
        ]
        if given.count(True) != 1:
            return tr("Give layers (masks, scenes), or a folder, or a list.")
        return ""

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        areas = self._areas(parameters, context)
        with tempfile.TemporaryDirectory(dir=QgsProcessingUtils.tempFolder()) as folder:
            found = self._observe(areas, folder, parameters, context, feedback)
        return self._write(found, areas, parameters, context, feedback)

    def _observe(
        self,
        areas: Sequence[_Area],
        folder: str,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> list[tuple[QgsGeometry, Observation]]:
        """Every area on every day; the folder is for files that are needed meanwhile."""
        files = self._files(folder, parameters, context, feedback)
        by_day: dict[date, list[SceneFiles]] = defaultdict(list)
        for scene, day in zip(files, self.days(files, feedback)):
            if day is not None:
                by_day[day].append(scene)
        if not by_day:
            raise QgsProcessingException(tr("Nothing that was given has a day."))
        shadow_is_cloud = self.parameterAsBoolean(parameters, "SHADOW", context)
        found: list[tuple[QgsGeometry, Observation]] = []
        steps = QgsProcessingMultiStepFeedback(len(by_day), feedback)
        for step, day in enumerate(sorted(by_day)):
            steps.setCurrentStep(step)
            scenes = self._with_masks(by_day[day], areas, folder, parameters, context, steps)
            given = [scene for scene in scenes if scene in by_day[day]]  # not the new masks
            self._warn_of_versions(given, day, feedback)
            for area in areas:
                stop_if_cancelled(feedback)
                found.append((area.geometry, area.observed(day, scenes, shadow_is_cloud, feedback)))
        _warn_of_unmet([one for _, one in found], feedback)
        return found

    def _areas(self, parameters: dict[str, Any], context: QgsProcessingContext) -> list[_Area]:
        source = self.parameterAsSource(parameters, "AREAS", context)
        if source is None:
            raise QgsProcessingException(self.invalidSourceError(parameters, "AREAS"))
        field = self.parameterAsString(parameters, "NAME_FIELD", context)
        areas = []
        for number, feature in enumerate(source.getFeatures(), 1):
            if not feature.hasGeometry():
                continue
            name = str(feature[field]) if field else str(number)
            areas.append(_Area(name, feature.geometry(), source.sourceCrs(), context))
        if not areas:
            raise QgsProcessingException(tr("The layer of areas has no polygons."))
        names = [area.name for area in areas]
        if len(set(names)) < len(names):
            raise QgsProcessingException(
                tr(
                    "Several areas are called '{name}': choose a field that tells them apart."
                ).format(name=next(name for name in names if names.count(name) > 1))
            )
        return areas

    def _files(
        self,
        temporary: str,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> list[SceneFiles]:
        """What was given; in the order of ``SOURCES``, which that of the times of layers is."""
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        if folder:
            return scenes_of_folder(folder, temporary, feedback)
        listed = self.parameterAsFile(parameters, "LIST", context)
        if listed:
            return scenes_of_list(listed, temporary, feedback)
        masks = [SceneFiles("", mask) for mask in self.sources("MASKS")]
        return masks + [SceneFiles(image) for image in self.sources("SCENES")]

    def _with_masks(
        self,
        scenes: Sequence[SceneFiles],
        areas: Sequence[_Area],
        folder: str,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> list[SceneFiles]:
        """Those that meet an area; what has no mask gets one of the part where areas are."""
        met = []
        for scene in scenes:
            stop_if_cancelled(feedback)
            grid = Grid.of(as_shown(open_raster(scene.mask or scene.image)))
            window = _window_around(areas, grid)
            if window is None:
                feedback.pushInfo(tr("'{scene}' meets no area.").format(scene=scene.name))
                continue
            if scene.mask:
                met.append(scene)
                continue
            # Under the name of the scene, which may tell the product.
            part = Path(tempfile.mkdtemp(dir=folder), Path(scene.image).stem).with_suffix(".vrt")
            _cut(open_raster(self.as_given(scene.image)), window, grid, str(part))
            # With shadow in any case: its share is told, whether it counts as cloud or not.
            found = self.detect(
                replace(scene, image=str(part)),
                {"OUTPUT": str(part.with_suffix(".tif"))},
                True,
                parameters,
                context,
                feedback,
            )
            met.append(SceneFiles(scene.image, found["OUTPUT"]))
        return met

    def _warn_of_versions(
        self, scenes: Sequence[SceneFiles], day: date, feedback: QgsProcessingFeedback
    ) -> None:
        """Where masks of one day are of one image, such as one and its reviewed version.

        Tiles side by side may have images of one name.
        """
        by_image: dict[tuple[str, Grid], list[str]] = {}
        for scene in scenes:
            image = self.image_of(scene.mask)
            if not image:
                continue
            grid = Grid.of(mask_as_shown(open_raster(scene.mask)))
            own = next(
                (key for key in by_image if key[0] == image and key[1].shares_place_with(grid)),
                (image, grid),
            )
            by_image.setdefault(own, []).append(scene.name)
        for (image, _), names in by_image.items():
            if len(names) > 1:
                feedback.pushWarning(
                    tr(
                        "Several masks of {day} were made of '{image}', and the first one counts: "
                        "{masks}."
                    ).format(day=day.isoformat(), image=image, masks=", ".join(names))
                )

    def _write(
        self,
        found: Sequence[tuple[QgsGeometry, Observation]],
        areas: Sequence[_Area],
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        least_clear = given_number(self, parameters, "LEAST_CLEAR", context)
        observations = [one for _, one in found]
        ranks = _ranks(observations)
        rows = [
            [
                one.area,
                one.day,
                one.clear_percent,
                one.cloud_percent,
                one.shadow_percent,
                one.no_data_percent,
                int(one.clear_percent >= least_clear),
                ranks[one.area, one.day],
                one.scenes,
            ]
            for one in observations
        ]
        table = self.parameterAsFileOutput(parameters, "TABLE", context)
        if table:
            with replacing(table, self.all_given()) as temporary:
                _write_table(temporary, rows)
        sink, output = self.open_sink(
            parameters,
            context,
            fields_of(**_FIELDS),
            QgsWkbTypes.Type.MultiPolygon,
            areas[0].crs,
        )
        for (geometry, _), row in zip(found, rows):
            feature = QgsFeature(fields_of(**_FIELDS))
            multi = QgsGeometry(geometry)
            multi.convertToMultiType()
            feature.setGeometry(multi)
            feature.setAttributes([QDate(v) if isinstance(v, date) else v for v in row])
            self.write_feature(sink, feature, parameters)
        AreaLayerFinisher.attach(output, context)
        results = {"OUTPUT": output, **_told(observations, least_clear, feedback)}
        return {**results, "TABLE": table} if table else results


class _Area:
    """A polygon with a name."""

    def __init__(
        self,
        name: str,
        geometry: QgsGeometry,
        crs: QgsCoordinateReferenceSystem,
        context: QgsProcessingContext,
    ) -> None:
        self.name = name
        self.geometry = geometry
        self.crs = crs
        self._transforms = context.transformContext()

    def outline(self, grid: Grid) -> Outline:
        """In the CRS of the grid. Raises ``QgsCsException`` where it does not exist there."""
        crs = QgsCoordinateReferenceSystem.fromWkt(grid.crs)
        there = QgsGeometry(self.geometry)
        there.transform(QgsCoordinateTransform(self.crs, crs, self._transforms))
        box = there.boundingBox()
        bounds = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
        return Outline(bytes(there.asWkb()), bounds)

    def observed(
        self,
        day: date,
        scenes: Sequence[SceneFiles],
        shadow_is_cloud: bool,
        feedback: QgsProcessingFeedback,
    ) -> Observation:
        """In the masks of a day."""
        met = []
        for scene in scenes:
            grid = Grid.of(mask_as_shown(open_raster(scene.mask)))
            if _window_around([self], grid, margin_px=0) is not None:
                met.append((scene, grid))
        if not met:
            return Observation(self.name, day, 0.0, 0.0, 0.0, 100.0)
        grid = met[0][1]
        outline = self.outline(grid)
        counts = observe([scene.mask for scene, _ in met], grid, outline, feedback)
        names = ", ".join(scene.name for scene, _ in met)
        return observation(self.name, day, counts, shadow_is_cloud, names)


def _cut(image: gdal.Dataset, window: tuple[int, int, int, int], shown: Grid, path: str) -> None:
    """Write a virtual raster of a window, which lies where QGIS shows that part of the image.

    ``shown`` is the grid of the window, with the CRS. An image that control points place has other
    rows and columns itself, so that all of it is taken.
    """
    column, row, width, height = window
    own = Grid.of(image)
    bounds = None  # GDAL knows them
    if own.points is not None:
        column, row, width, height = 0, 0, own.width, own.height
    elif not own.is_placed:
        bounds = [*shown.to_map(column, row), *shown.to_map(column + width, row + height)]
    cut = gdal.Translate(
        path,
        image,
        format="VRT",
        srcWin=[column, row, width, height],
        outputBounds=bounds,
        outputSRS=shown.crs or None,
    )
    if cut is None:
        raise QgsProcessingException(
            tr("A temporary file could not be written: {reason}.").format(
                reason=gdal.GetLastErrorMsg()
            )
        )


def _window_around(
    areas: Sequence[_Area], grid: Grid, margin_px: int = _MARGIN_PX
) -> tuple[int, int, int, int] | None:
    """First column and row, width and height of pixels around all areas that meet the grid."""
    boxes = []
    for area in areas:
        try:
            box = _pixels_around(area.outline(grid), grid)
        except QgsCsException:  # there is no such place in this CRS
            continue
        if box is not None:
            boxes.append(box)
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes)
    left, top = max(min(lefts) - margin_px, 0), max(min(tops) - margin_px, 0)
    right = min(max(rights) + margin_px, grid.width)
    bottom = min(max(bottoms) + margin_px, grid.height)
    return left, top, right - left, bottom - top


def _pixels_around(outline: Outline, grid: Grid) -> tuple[int, int, int, int] | None:
    """First column and row, and those beyond the last; None where it is beside the grid."""
    inverse = gdal.InvGeoTransform(grid.transform)
    left, bottom, right, top = outline.bounds
    corners = [gdal.ApplyGeoTransform(inverse, x, y) for x in (left, right) for y in (bottom, top)]
    if not all(map(math.isfinite, (value for corner in corners for value in corner))):
        return None
    columns, rows = zip(*corners)
    box = (
        max(math.floor(min(columns)), 0),
        max(math.floor(min(rows)), 0),
        min(math.ceil(max(columns)), grid.width),
        min(math.ceil(max(rows)), grid.height),
    )
    return box if box[0] < box[2] and box[1] < box[3] else None


def _warn_of_unmet(observations: Sequence[Observation], feedback: QgsProcessingFeedback) -> None:
    """Where areas lie beside all scenes, which often is a wrong CRS."""
    unmet = [
        area
        for area, series in _by_area(observations).items()
        if not any(one.scenes for one in series)
    ]
    if unmet:
        feedback.pushWarning(
            tr(
                "No mask or scene meets {count} of the areas, such as '{area}': check where they "
                "lie, and the CRS of the layers."
            ).format(count=len(unmet), area=unmet[0])
        )


def _ranks(observations: Sequence[Observation]) -> dict[tuple[str, date], int]:
    """By area and day: 1 for the clearest."""
    return {
        (one.area, one.day): rank
        for series in _by_area(observations).values()
        for rank, one in enumerate(best_first(series), 1)
    }


def _by_area(observations: Sequence[Observation]) -> dict[str, list[Observation]]:
    series: dict[str, list[Observation]] = defaultdict(list)
    for one in observations:
        series[one.area].append(one)
    return series


def _write_table(path: str, rows: Sequence[Sequence[Any]]) -> None:
    """As CSV with a line of names; numbers with a point, days as 2023-08-15."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_FIELDS)
        for row in rows:
            writer.writerow(f"{value:.2f}" if isinstance(value, float) else value for value in row)


def _told(
    observations: Sequence[Observation], least_clear: float, feedback: QgsProcessingFeedback
) -> dict[str, Any]:
    """Best dates and gaps, in the log and as outputs."""
    longest_days = 0
    total: dict[date, float] = defaultdict(float)
    for area, series in _by_area(observations).items():
        best = ", ".join(
            f"{one.day.isoformat()} ({one.clear_percent:.0f} %)" for one in best_first(series)[:3]
        )
        feedback.pushInfo(tr("{area}: clearest on {days}").format(area=area, days=best))
        for gap in gaps(series, least_clear)[:1]:
            longest_days = max(longest_days, gap.days)
            text = (
                tr("{area}: longest time between usable dates 1 day, {first} to {last}")
                if gap.days == 1
                else tr("{area}: longest time between usable dates {count} days, {first} to {last}")
            )
            feedback.pushInfo(
                text.format(
                    area=area,
                    count=gap.days,
                    first=gap.first.isoformat(),
                    last=gap.last.isoformat(),
                )
            )
        for one in series:
            total[one.day] += one.clear_percent
    best_day = max(total, key=lambda day: (round(total[day], 6), day))
    return {
        "DAYS": len(total),
        "BEST_DATE": best_day.isoformat(),
        "LONGEST_GAP_DAYS": longest_days,
    }
