"""``cloudmamba:clearskycomposite``: of several scenes the clearest patches."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingMultiStepFeedback,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterMultipleLayers,
    QgsProcessingParameterRasterDestination,
    QgsProcessingUtils,
)

from cloudmamba_qgis.algorithms.outputs import wanted_output
from cloudmamba_qgis.algorithms.parameter_numbers import given_number
from cloudmamba_qgis.algorithms.product_scenes import scenes_of_folder
from cloudmamba_qgis.algorithms.scenes import SceneAlgorithm
from cloudmamba_qgis.layers.scene_style import write_class_style
from cloudmamba_qgis.rasters.composite import (
    CompositePaths,
    CompositeSettings,
    clear_share,
    common_grid,
    compose,
    open_scenes,
)
from cloudmamba_qgis.rasters.files import open_raster, replacing
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.rasters.no_data import alpha_band, no_data_value
from cloudmamba_qgis.rasters.scene_choice import ChoiceSettings
from cloudmamba_qgis.rasters.scene_files import SceneFiles, are_beside, order_by_image
from cloudmamba_qgis.translation import tr

CLEAREST, AS_LISTED, NEWEST, OLDEST = range(4)


class ClearSkyCompositeAlgorithm(SceneAlgorithm):
    """Finds scenes, masks, grid and days, and hands them to ``rasters/composite.py``."""

    SOURCES = ("SCENES", "MASKS", "UNCERTAINTIES")
    DATED = ("SCENES",)

    def name(self) -> str:
        return "clearskycomposite"

    def displayName(self) -> str:
        return tr("Clear-sky composite")

    def tags(self) -> list[str]:
        return tr(
            "cloud,clouds,cloud-free,cloudless,mosaic,composite,best pixel,time series,merge"
        ).split(",")

    def shortDescription(self) -> str:
        return tr("Makes one image of several scenes from their clearest parts.")

    def shortHelpString(self) -> str:
        return tr(
            "<p>Takes every part of the image from a scene that is clear there. It does so by "
            "patches and not pixel by pixel: of scenes that are about equally clear around a pixel "
            "the preferred one is taken, and lone pixels follow their neighbours. Cloud shadow is "
            "left out where the masks have it.</p>"
            "<p>Without masks Detect clouds is run on every scene first. Masks and uncertainties "
            "that are given belong to the scenes they say they were made of, else to those at "
            "their place in the list. In a folder NAME_mask.tif and NAME_uncertainty.tif are "
            "those of NAME.tif.</p>"
            "<p><b>Composite</b>: bands, data type, no-data value, pixel size and CRS as in the "
            "first scene. It covers all scenes, or the extent. Scenes of other tiles and CRSs are "
            "brought onto its pixels (nearest pixel). Values are copied and not changed, apart "
            "from feathered seams: give scenes of the same radiometry.<br/>"
            "<b>Scene of each pixel</b>: the number of the scene (first band; 0 for none) and "
            "what it shows there (second band: 0 clear, 1 cloud or near one, 2 cloud shadow).<br/>"
            "<b>Date of each pixel</b>: when that scene was taken, as YYYYMMDD, from the time of "
            "its layer, its metadata or its file's name; the log says which.<br/>"
            "<b>Clear observations</b>: how many scenes are clear there.</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self._add_scenes()
        self._add_choice()
        self._add_outputs()

    def _add_scenes(self) -> None:
        raster = QgsProcessing.SourceType.TypeRaster
        self.add(
            QgsProcessingParameterMultipleLayers("SCENES", tr("Scenes"), raster, optional=True),
            tr("Images with the same bands; the first gives pixel size and CRS."),
        )
        self.add_folder(
            tr("Folder of scenes"),
            tr(
                "Instead of scenes: all rasters (tif, jp2, vrt, img) and products (such as "
                "Sentinel-2 as SAFE folder or zip) in this folder, by name. Cannot be used with "
                "masks of your own."
            ),
        )
        self.add(
            QgsProcessingParameterMultipleLayers("MASKS", tr("Cloud masks"), raster, optional=True),
            tr(
                "One for each scene, in any order if they tell of which image they were made, else "
                "in the same one. Not set: clouds are detected."
            ),
        )
        self.add(
            QgsProcessingParameterMultipleLayers(
                "UNCERTAINTIES", tr("Uncertainties"), raster, optional=True
            ),
            tr("One for each mask, in the same order. Not set: all that is clear is equal."),
        )
        self.add(
            QgsProcessingParameterExtent("EXTENT", tr("Extent"), optional=True),
            tr("What the composite covers. Not set: all scenes together."),
        )

    def _add_choice(self) -> None:
        self.add_buffer(default=3.0)
        self.add_shadow(tr("It is left out where a clear scene is there. Off: it counts as clear."))
        self.add(
            QgsProcessingParameterBoolean(
                "FILL", tr("Fill pixels that are cloud in every scene"), True
            ),
            tr("With what is the least cloudy. Off: they have no data."),
        )
        self.add(
            QgsProcessingParameterEnum(
                "PREFER",
                tr("Of scenes that are equally clear, prefer"),
                [
                    tr("the one that is clearest as a whole"),
                    tr("the one that is listed first"),
                    tr("the newest"),
                    tr("the oldest"),
                ],
                defaultValue=CLEAREST,
                optional=True,
            ),
            tr("Of two that are equal in this, too, the one that is listed first."),
        )
        self.add_number(
            "FEATHER",
            tr("Feather seams, pixels"),
            tr(
                "Where scenes meet they are blended so far into each other, if both are clear. 0: "
                "values are copied and not changed."
            ),
            0,
            most=200,
            optional=True,
        )
        self.add_number(
            "PATCH",
            tr("Size of patches, pixels"),
            tr(
                "How clear a scene is at a pixel is judged so far around it. 0: each pixel by "
                "itself, which looks like salt and pepper."
            ),
            ChoiceSettings().patch_px,
            most=300,
            optional=True,
            advanced=True,
        )
        self.add_number(
            "TOLERANCE",
            tr("Equally clear up to"),
            tr(
                "Scenes are equally clear if their cloud probability (0 to 1, averaged over the "
                "patch) differs by no more than this. Larger: fewer seams; smaller: surer pixels."
            ),
            ChoiceSettings().tie_tolerance,
            most=1.0,
            optional=True,
            advanced=True,
        )
        self.add_detection()

    def _add_outputs(self) -> None:
        self.add(
            QgsProcessingParameterRasterDestination("OUTPUT", tr("Clear-sky composite")),
            tr("An image like the first scene."),
        )
        for name, label, explanation, by_default in (
            (
                "PROVENANCE",
                tr("Scene of each pixel"),
                tr(
                    "Band 1: number of the scene, 0 none. Band 2: 0 where it is clear, 1 where it "
                    "is cloud or near one, 2 where it is cloud shadow."
                ),
                True,
            ),
            (
                "DATE",
                tr("Date of each pixel"),
                tr("When its scene was taken, as the number YYYYMMDD."),
                False,
            ),
            (
                "OBSERVATIONS",
                tr("Clear observations"),
                tr("How many scenes are clear at each pixel."),
                False,
            ),
        ):
            self.add(
                QgsProcessingParameterRasterDestination(
                    name, label, optional=True, createByDefault=by_default
                ),
                explanation,
            )
        self.add_results(
            CLOUD_PERCENT=tr("Cloud and shadow left, % of the valid pixels"),
            VALID_PERCENT=tr("Valid, % of all pixels"),
        )

    def problem_of(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        count = {name: len(self._layers(name, parameters, context)) for name in self.SOURCES}
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        if bool(count["SCENES"]) == bool(folder):
            return tr("Give either scenes or a folder of scenes.")
        if count["MASKS"] and count["MASKS"] != count["SCENES"]:
            return tr("Give as many masks as scenes, or none.")
        if count["UNCERTAINTIES"] and count["UNCERTAINTIES"] != count["MASKS"]:
            return tr("Give as many uncertainties as masks, in the same order, or none.")
        return ""

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        outputs = {
            name: wanted_output(self, parameters, name, context)
            for name in ("OUTPUT", "PROVENANCE", "DATE", "OBSERVATIONS")
        }
        with tempfile.TemporaryDirectory(dir=QgsProcessingUtils.tempFolder()) as folder:
            files = self._scene_files(folder, parameters, context, feedback)
            days = self.days(files, feedback)
            grid = self._grid(files, parameters, context)
            settings = self._settings(grid, parameters, context)
            steps = QgsProcessingMultiStepFeedback(len(files) + 2, feedback)
            files = self._with_masks(files, folder, parameters, context, steps)
            order = _order(
                files,
                days,
                self.parameterAsEnum(parameters, "PREFER", context),
                settings.shadow_is_cloud,
            )
            for place, number in enumerate(order, 1):
                scene = files[number]
                feedback.pushInfo(
                    tr("{place}. Scene {number}: {scene} ({mask})").format(
                        place=place, number=number + 1, scene=scene.name, mask=Path(scene.mask).name
                    )
                )
            as_numbers = [int(day.strftime("%Y%m%d")) if day else 0 for day in days]
            scenes = open_scenes(files, as_numbers, grid, feedback)
            steps.setCurrentStep(len(files))
            no_data = 0.0
            if not alpha_band(scenes[0].image):
                no_data = no_data_value([open_raster(scene.image) for scene in files], steps)
                feedback.pushInfo(tr("No-data value: {value:g}").format(value=no_data))
            steps.setCurrentStep(len(files) + 1)
            inputs = [*self.all_given(), *(scene.image for scene in files)]
            with ExitStack() as replaced:
                temporary = {}
                for name, path in outputs.items():
                    if path:
                        temporary[name] = replaced.enter_context(replacing(path, inputs))
                        inputs.append(path)
                cloud_percent, valid_percent = compose(
                    [scenes[number] for number in order],
                    grid,
                    settings,
                    no_data,
                    CompositePaths(
                        temporary["OUTPUT"],
                        temporary.get("PROVENANCE", str(Path(folder, "scene.tif"))),
                        temporary.get("DATE"),
                        temporary.get("OBSERVATIONS"),
                    ),
                    steps,
                )
            scenes = []  # closed before their folder goes
        _write_styles(outputs, files, days)
        return {
            **{name: path for name, path in outputs.items() if path},
            "CLOUD_PERCENT": cloud_percent,
            "VALID_PERCENT": valid_percent,
        }

    def _scene_files(
        self,
        temporary: str,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> list[SceneFiles]:
        """What was given, by list or by folder."""
        if self.sources("SCENES"):
            return self._listed(feedback)
        folder = self.parameterAsFile(parameters, "FOLDER", context)
        files = scenes_of_folder(folder, temporary, feedback)
        for scene in files:
            if not scene.image:
                feedback.pushWarning(
                    tr("'{mask}' is left out: its scene is not in the folder.").format(
                        mask=scene.name
                    )
                )
        files = [scene for scene in files if scene.image]
        if not files:
            raise QgsProcessingException(
                tr("The folder '{folder}' has masks only and no scenes.").format(folder=folder)
            )
        return files

    def _listed(self, feedback: QgsProcessingFeedback) -> list[SceneFiles]:
        """Scenes with the masks that were made of them, which QGIS's dialog may list otherwise."""
        images = self.sources("SCENES")
        scenes = [self.as_given(image) for image in images]
        names = [os.path.basename(scene) for scene in scenes]
        nothing = [""] * len(images)
        given_masks = self.sources("MASKS") or nothing
        given_uncertainties = self.sources("UNCERTAINTIES") or nothing
        made_of = {one: self.image_of(one) for one in (*given_masks, *given_uncertainties)}

        def order_of(results: Sequence[str]) -> list[int]:
            given = [self.as_given(result) for result in results]
            return order_by_image(scenes, given, [made_of[result] for result in results])

        order = order_of(given_masks)
        masks = [given_masks[number] for number in order]
        # With their masks, where they tell nothing themselves.
        uncertainties = [given_uncertainties[number] for number in order]
        uncertainties = [uncertainties[number] for number in order_of(uncertainties)]
        if (masks, uncertainties) != (given_masks, given_uncertainties):
            feedback.pushWarning(
                tr(
                    "Masks and uncertainties are listed in another order than the scenes: each is "
                    "taken for the scene that it was made of."
                )
            )
        for scene, name, *results in zip(scenes, names, masks, uncertainties):
            for result in results:
                image, given = made_of[result], self.as_given(result)
                if image in names and image != name:
                    feedback.pushWarning(
                        tr("'{mask}' was made of '{image}' and is taken for '{scene}'.").format(
                            mask=Path(result).name, image=image, scene=name
                        )
                    )
                elif names.count(image) > 1 and not are_beside(given, scene):
                    feedback.pushWarning(
                        tr(
                            "Several scenes are called '{image}', and '{mask}' is taken for "
                            "'{scene}': list the masks in the order of the scenes, or keep each "
                            "beside its scene."
                        ).format(image=image, mask=given, scene=scene)
                    )
        return [SceneFiles(*files) for files in zip(images, masks, uncertainties)]

    def _grid(
        self,
        files: Sequence[SceneFiles],
        parameters: dict[str, Any],
        context: QgsProcessingContext,
    ) -> Grid:
        extent = None
        if parameters.get("EXTENT"):
            first = Grid.of(open_raster(files[0].image))
            crs = QgsCoordinateReferenceSystem.fromWkt(first.crs)
            box = self.parameterAsExtent(parameters, "EXTENT", context, crs)
            extent = (box.xMinimum(), box.yMinimum(), box.xMaximum(), box.yMaximum())
        return common_grid([scene.image for scene in files], extent)

    def _settings(
        self, grid: Grid, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> CompositeSettings:
        return CompositeSettings(
            ChoiceSettings(
                int(given_number(self, parameters, "PATCH", context)),
                given_number(self, parameters, "TOLERANCE", context),
            ),
            self.buffer_px(parameters, context, grid),
            self.parameterAsBoolean(parameters, "SHADOW", context),
            self.parameterAsBoolean(parameters, "FILL", context),
            int(given_number(self, parameters, "FEATHER", context)),
        )

    def _with_masks(
        self,
        files: Sequence[SceneFiles],
        folder: str,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        steps: QgsProcessingMultiStepFeedback,
    ) -> list[SceneFiles]:
        """The scenes; those without a mask get a new one in the folder."""
        complete = []
        for number, scene in enumerate(files):
            steps.setCurrentStep(number)
            if not scene.mask:
                found = self.detect(
                    scene,
                    {
                        "OUTPUT": str(Path(folder, f"mask_{number}.tif")),
                        "UNCERTAINTY": str(Path(folder, f"uncertainty_{number}.tif")),
                    },
                    self.parameterAsBoolean(parameters, "SHADOW", context),
                    parameters,
                    context,
                    steps,
                )
                scene = SceneFiles(scene.image, found["OUTPUT"], found["UNCERTAINTY"])
            complete.append(scene)
        lacking = [scene.name for scene in complete if not scene.uncertainty]
        if not 0 < len(lacking) < len(complete):
            return complete
        # Beside scenes that are not quite sure, one that says nothing would always win.
        steps.pushWarning(
            tr("Uncertainty is not used: these scenes have none: {scenes}.").format(
                scenes=", ".join(lacking)
            )
        )
        return [SceneFiles(scene.image, scene.mask) for scene in complete]


def _order(
    files: Sequence[SceneFiles], days: Sequence[date | None], prefer: int, shadow_is_cloud: bool
) -> list[int]:
    """Indices of the scenes, the preferred one first."""
    numbers = list(range(len(files)))
    if prefer == CLEAREST:
        shares = [clear_share(scene.mask, shadow_is_cloud) for scene in files]
        return sorted(numbers, key=lambda number: -shares[number])
    if prefer == AS_LISTED:
        return numbers
    unknown = [scene.name for scene, day in zip(files, days) if day is None]
    if unknown:
        raise QgsProcessingException(
            tr("The newest or oldest scene is not known: {scenes} have no date.").format(
                scenes=", ".join(unknown)
            )
        )
    sign = -1 if prefer == NEWEST else 1
    ordinals = [day.toordinal() for day in days if day is not None]
    return sorted(numbers, key=lambda number: sign * ordinals[number])


def _write_styles(
    outputs: dict[str, str], files: Sequence[SceneFiles], days: Sequence[date | None]
) -> None:
    """Names and colours of scenes and days, beside their rasters."""
    if outputs["PROVENANCE"]:
        names = [(number, f"{number}: {scene.name}") for number, scene in enumerate(files, 1)]
        write_class_style(Path(outputs["PROVENANCE"]), names)
    if outputs["DATE"]:
        known = sorted({day for day in days if day})
        classes = [(int(day.strftime("%Y%m%d")), day.isoformat()) for day in known]
        write_class_style(Path(outputs["DATE"]), classes)
