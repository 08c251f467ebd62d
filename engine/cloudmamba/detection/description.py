"""What can be told of a raster before a detection, if wanted with a trial of every reading."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudmamba.detection.prediction import Thresholds
from cloudmamba.detection.trial import question_of, read_thumbnails, try_readings
from cloudmamba.errors import Cancelled, InputError
from cloudmamba.inference.devices import Device, resolve_device
from cloudmamba.inference.prepared_model import PreparedModel
from cloudmamba.model_files import model_path
from cloudmamba.products.as_rasters import write_products
from cloudmamba.products.opening import check_names
from cloudmamba.scene.description import Description, describe_scene
from cloudmamba.scene.interpretation import Interpretation
from cloudmamba.scene.reader import Scene


@dataclass(frozen=True)
class DescriptionRequest:
    """One description; the fields are those of ``DetectionRequest``.

    Attributes:
        path: of the raster.
        trial: mask a thumbnail under every reading; only then a model is loaded.
        virtual_rasters: a folder. Then virtual rasters of the product, or of all products of the
            folder ``path``, are written there, and a list of them, see ``write_products``.
    """

    path: str
    bands: str = ""
    radiometry: str = "auto"
    keep_fill: bool = False
    trial: bool = False
    model: str | None = None
    device: str = "auto"
    virtual_rasters: Path | None = None


def describe(
    request: DescriptionRequest,
    cancelled: Callable[[], bool] = lambda: False,
    prepare: Callable[[Path, Device], PreparedModel] | None = None,
) -> dict[str, Any]:
    """The description as plain values, see ``scene.description``; or ``products``, the path of a list.

    Args:
        prepare: loads the model for a trial; None for ``PreparedModel.load``.

    Raises:
        ModelError, DeviceError: with ``trial``, as ``detect`` does.
        InputError: with ``virtual_rasters``, where nothing is at the path.
        Cancelled: ``cancelled`` said so.
    """

    def check_cancelled() -> None:
        if cancelled():
            raise Cancelled("Cancelled.")

    if request.virtual_rasters is not None:
        check_names([request.path])
        folder = request.virtual_rasters
        return {"products": str(write_products(Path(request.path), folder, check_cancelled))}
    try:
        with Scene(request.path, request.keep_fill) as scene:
            found = describe_scene(scene, request.bands, request.radiometry, check_cancelled)
            answer = found.as_json()
            if request.trial and found.interpretation:
                _try(
                    request,
                    scene,
                    found.interpretation,
                    answer,
                    prepare or PreparedModel.load,
                    check_cancelled,
                )
            return answer
    except InputError as error:
        return Description(problem=str(error), problem_code=error.code).as_json()


def _try(
    request: DescriptionRequest,
    scene: Scene,
    interpretation: Interpretation,
    answer: dict[str, Any],
    prepare: Callable[[Path, Device], PreparedModel],
    check_cancelled: Callable[[], None],
) -> None:
    prepared = prepare(model_path(request.model), resolve_device(request.device))
    thumbnails = read_thumbnails(scene, interpretation, check_cancelled)
    thresholds = Thresholds.of(prepared.configuration)
    trials = try_readings(interpretation, thumbnails, prepared, thresholds, check_cancelled)
    for reading, trial in zip(answer["readings"], trials, strict=True):
        reading.update(trial.as_json())
    if interpretation.is_open:
        answer["question"] = question_of(scene.metadata.name, trials)
