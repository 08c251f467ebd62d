"""``cloudmamba:evaluatemask``: a cloud mask against a reference."""

from __future__ import annotations

import html
import math
from pathlib import Path
from typing import Any

import numpy as np
from osgeo import gdal
from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
)

from cloudmamba_qgis.algorithms.base import RasterAlgorithm
from cloudmamba_qgis.rasters.agreement import Agreement
from cloudmamba_qgis.rasters.blocks import Window, read, windows
from cloudmamba_qgis.rasters.files import open_raster, open_reference_on_grid, replacing
from cloudmamba_qgis.rasters.grid import Grid
from cloudmamba_qgis.translation import tr

_STYLE = """
body { font: 15px/1.45 sans-serif; margin: 2em auto; max-width: 46em; color: #222;
  background: #fff; }
table { border-collapse: collapse; margin: 1em 0; }
th, td { padding: .35em .8em; text-align: right; border: 1px solid #bbb; }
th { background: #f2f2f2; font-weight: 600; }
th.row { text-align: left; }
td.right { background: #dcebf7; }
td.wrong { background: #fbe3d0; }
td.text { text-align: left; }
small { color: #555; }
"""


class EvaluateMaskAlgorithm(RasterAlgorithm):
    """Counts pixels by block; the figures come from the counts."""

    SOURCES = ("INPUT", "REFERENCE")

    def name(self) -> str:
        return "evaluatemask"

    def displayName(self) -> str:
        return tr("Evaluate cloud mask")

    def tags(self) -> list[str]:
        return tr(
            "cloud,clouds,mask,accuracy,assessment,validation,confusion matrix,precision,recall,"
            "f1,iou,miou,reference,ground truth"
        ).split(",")

    def shortDescription(self) -> str:
        return tr("Compares a cloud mask with a reference and says how well they agree.")

    def shortHelpString(self) -> str:
        return tr(
            "<p>Compares a cloud mask pixel by pixel with a reference, such as labels drawn by "
            "hand or the mask of another method, and gives the confusion matrix, overall "
            "accuracy, precision, recall, F1, IoU of cloud and mean IoU as numbers and as a "
            "page.</p>"
            "<p>Codes say which values mean cloud and which mean no data; every other value is "
            "clear. So the scene classification of Sentinel-2 can be the reference with cloud "
            "8-10 and no data 0. Pixels that either raster has no data for do not count.</p>"
            "<p>A reference on another grid is brought onto that of the mask (nearest pixel). "
            "A figure that is undefined, such as the precision of a mask without cloud, is not a "
            "number (NaN).</p>"
        )

    def initAlgorithm(self, configuration: dict[str, Any] | None = None) -> None:
        self.add(
            QgsProcessingParameterRasterLayer("INPUT", tr("Cloud mask")),
            tr("The mask to evaluate. Its grid is the one on which pixels are compared."),
        )
        self.add(
            QgsProcessingParameterRasterLayer("REFERENCE", tr("Reference")),
            tr("What is true: a raster of codes in its first band."),
        )
        for name, label, default, explanation in (
            (
                "REFERENCE_CLOUD",
                tr("Codes of cloud in the reference"),
                "1",
                tr("Numbers and ranges with commas between them, such as 3 or 8-10 or 2,5."),
            ),
            (
                "REFERENCE_NO_DATA",
                tr("Codes of no data in the reference"),
                "255",
                tr("Left out, as is the no-data value that the file declares. May be empty."),
            ),
            (
                "MASK_CLOUD",
                tr("Codes of cloud in the mask"),
                "1",
                tr("1 in a mask of Detect clouds."),
            ),
            (
                "MASK_NO_DATA",
                tr("Codes of no data in the mask"),
                "255",
                tr("255 in a mask of Detect clouds. May be empty."),
            ),
        ):
            self.add(
                QgsProcessingParameterString(
                    name, label, default, optional=name.endswith("NO_DATA")
                ),
                explanation,
                advanced=name.startswith("MASK"),
            )
        self.add(
            QgsProcessingParameterFileDestination(
                "OUTPUT_HTML", tr("Report"), tr("HTML files (*.html)"), optional=True
            ),
            tr("A page of its own with matrix, figures and what they mean."),
        )
        self.add_results(**dict(_numbers()))

    def problem_of(self, parameters: dict[str, Any], context: QgsProcessingContext) -> str:
        for raster in ("MASK", "REFERENCE"):
            self._codes(raster, parameters, context)
        return ""

    def work(
        self,
        parameters: dict[str, Any],
        context: QgsProcessingContext,
        feedback: QgsProcessingFeedback,
    ) -> dict[str, Any]:
        report = self.parameterAsFileOutput(parameters, "OUTPUT_HTML", context)
        mask_codes = self._codes("MASK", parameters, context)
        reference_codes = self._codes("REFERENCE", parameters, context)
        mask = open_raster(self.source("INPUT"))
        grid = Grid.of(mask)
        reference = open_reference_on_grid(self.source("REFERENCE"), grid)
        agreement = Agreement()
        for window in windows(grid, feedback):
            found, known = _classes(mask, window, *mask_codes)
            true, certain = _classes(reference, window, *reference_codes)
            counts = known & certain
            agreement += Agreement(
                int(np.count_nonzero(counts & found & true)),
                int(np.count_nonzero(counts & found & ~true)),
                int(np.count_nonzero(counts & ~found & true)),
                int(np.count_nonzero(counts & ~found & ~true)),
            )
        if not agreement.pixels:
            raise QgsProcessingException(
                tr(
                    "Mask and reference have no pixel in common for which both have data: check "
                    "that they show the same place, and the codes of no data."
                )
            )
        numbers = dict(zip((name for name, _ in _numbers()), _values(agreement)))
        for name, label in _numbers():
            feedback.pushInfo(f"{label}: {numbers[name]:.6g}")
        if not report:
            return numbers
        with replacing(report, self.all_given()) as path:
            mask_name, reference_name = (self.as_given(self.source(one)) for one in self.SOURCES)
            page = _page(mask_name, reference_name, agreement)
            Path(path).write_text(page, encoding="utf-8")
        return {"OUTPUT_HTML": report, **numbers}

    def _codes(
        self, raster: str, parameters: dict[str, Any], context: QgsProcessingContext
    ) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """The ranges that mean cloud, and those that mean no data."""
        cloud, no_data = (
            _ranges(self.parameterAsString(parameters, f"{raster}_{kind}", context))
            for kind in ("CLOUD", "NO_DATA")
        )
        if not cloud:
            raise QgsProcessingException(tr("Give at least one code that means cloud."))
        for low, high in cloud:
            if any(least <= low and high <= most for least, most in no_data):
                raise QgsProcessingException(
                    tr(
                        "{code:g} means cloud and no data, and no data would win: take it out of "
                        "one of the two."
                    ).format(code=low)
                )
        return cloud, no_data


def _ranges(text: str) -> list[tuple[float, float]]:
    """``2,8-10`` as [(2, 2), (8, 10)]."""
    ranges = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        # A sign stands at the start of a number, never right behind another number.
        first, dash, last = part.partition("-") if part[0] != "-" else (part, "", "")
        try:
            bounds = (float(first), float(last if dash else first))
        except ValueError as error:
            raise QgsProcessingException(
                tr("'{code}' is no code: give numbers and ranges such as 2,8-10.").format(code=part)
            ) from error
        ranges.append(bounds)
    return ranges


def _classes(
    raster: gdal.Dataset,
    window: Window,
    cloud: list[tuple[float, float]],
    no_data: list[tuple[float, float]],
) -> tuple[np.ndarray, np.ndarray]:
    """Where the raster says cloud, and where it says anything."""
    band = raster.GetRasterBand(1)
    values = read(band, window)
    known = (read(band.GetMaskBand(), window) != 0) & ~_within(values, no_data)
    if values.dtype.kind == "f":
        known &= ~np.isnan(values)
    return _within(values, cloud), known


def _within(values: np.ndarray, ranges: list[tuple[float, float]]) -> np.ndarray:
    found = np.zeros(values.shape, bool)
    for low, high in ranges:
        found |= (values >= low) & (values <= high)
    return found


def _numbers() -> list[tuple[str, str]]:
    """Names and labels of the outputs, in the order of ``_values``."""
    return [
        ("OVERALL_ACCURACY", tr("Overall accuracy")),
        ("PRECISION", tr("Precision")),
        ("RECALL", tr("Recall")),
        ("F1", tr("F1")),
        ("CLOUD_IOU", tr("IoU of cloud")),
        ("MEAN_IOU", tr("Mean IoU")),
        ("CLOUD_AS_CLOUD", tr("Pixels of cloud found")),
        ("CLEAR_AS_CLOUD", tr("Pixels of clear called cloud")),
        ("CLOUD_AS_CLEAR", tr("Pixels of cloud missed")),
        ("CLEAR_AS_CLEAR", tr("Pixels of clear found")),
    ]


def _values(agreement: Agreement) -> list[float]:
    return [
        agreement.overall_accuracy,
        agreement.precision,
        agreement.recall,
        agreement.f1,
        agreement.cloud_iou,
        agreement.mean_iou,
        agreement.cloud_as_cloud,
        agreement.clear_as_cloud,
        agreement.cloud_as_clear,
        agreement.clear_as_clear,
    ]


def _page(mask: str, reference: str, agreement: Agreement) -> str:
    """The report: one file that needs no other."""

    def cell(pixels: int, kind: str) -> str:
        share = 100 * pixels / agreement.pixels
        return f'<td class="{kind}">{pixels:,}<br><small>{share:.2f} %</small></td>'

    meanings = (
        tr("pixels that mask and reference agree about"),
        tr("of what the mask calls cloud, the part that is cloud"),
        tr("of all cloud, the part that the mask finds"),
        tr("harmonic mean of precision and recall"),
        tr("intersection over union of cloud in mask and reference"),
        tr("mean of the IoU of cloud and the IoU of clear"),
    )
    rows = "\n".join(
        f'<tr><th class="row">{html.escape(label)}</th><td>{_percent(value)}</td>'
        f'<td class="text">{html.escape(meaning)}</td></tr>'
        for (_, label), value, meaning in zip(_numbers(), _values(agreement), meanings)
    )
    text = {
        name: html.escape(value)
        for name, value in {
            "title": tr("Evaluation of a cloud mask"),
            "mask_label": tr("Mask"),
            "reference_label": tr("Reference"),
            "mask": mask,
            "reference": reference,
            "pixels": tr("Compared pixels: {count:,}").format(count=agreement.pixels),
            "matrix": tr("Confusion matrix"),
            "says_cloud": tr("Mask: cloud"),
            "says_clear": tr("Mask: clear"),
            "is_cloud": tr("Reference: cloud"),
            "is_clear": tr("Reference: clear"),
            "figures": tr("Figures"),
        }.items()
    }
    return f"""<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>{text["title"]}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{text["title"]}</h1>
<p>{text["mask_label"]}: {text["mask"]}<br>
{text["reference_label"]}: {text["reference"]}<br>
{text["pixels"]}</p>
<h2>{text["matrix"]}</h2>
<table>
<tr><th></th><th>{text["is_cloud"]}</th><th>{text["is_clear"]}</th></tr>
<tr><th class="row">{text["says_cloud"]}</th>{cell(agreement.cloud_as_cloud, "right")}\
{cell(agreement.clear_as_cloud, "wrong")}</tr>
<tr><th class="row">{text["says_clear"]}</th>{cell(agreement.cloud_as_clear, "wrong")}\
{cell(agreement.clear_as_clear, "right")}</tr>
</table>
<h2>{text["figures"]}</h2>
<table>
{rows}
</table>
</body>
</html>
"""


def _percent(share: float) -> str:
    return tr("undefined") if math.isnan(share) else f"{100 * share:.2f} %"
