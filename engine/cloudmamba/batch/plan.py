"""From a list of scenes to jobs: settings, and names of results that never collide."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cloudmamba.batch.job import SceneJob, read_record, record_path
from cloudmamba.batch.scenes import ListedScene
from cloudmamba.classes import BANDS
from cloudmamba.compute_options import AUTOMATIC, ComputeOptions
from cloudmamba.detection import DetectionRequest
from cloudmamba.detection.prediction import Thresholds
from cloudmamba.detection.stac import COLLECTION_NAME, ITEM_ENDING
from cloudmamba.detection.symmetries import symmetries_of
from cloudmamba.model_files import checksums, load_model, shipped_models
from cloudmamba.products import scene_name
from cloudmamba.raster.radiometry import parse_radiometry

# Fields of a request that do not decide over the values of the results, or that are settled
# otherwise: the model by its checksum.
_NOT_SETTINGS = (
    "input_path", "mask_path", "uncertainty_path", "probability_path", "shadow_path", "stages_path",
    "device", "model", "batch_size", "band_paths", "product_mask_path", "product_mask_is_optional",
    "stac_path", "stac_is_in_batch",
)  # fmt: skip
_LONGEST_NAME = 120
# Of other scenes' results: the product's mask of a scene "x" would be the mask of "x_product", and
# the STAC item of "x" the record of "x.stac".
_TAKEN_ENDINGS = ("_product", ITEM_ENDING.removesuffix(".json"))


def plan_jobs(
    scenes: Sequence[ListedScene],
    folder: Path,
    kinds: Sequence[str],
    options: dict[str, Any],
    threads: int | None = None,
    compute: ComputeOptions = AUTOMATIC,
) -> list[SceneJob]:
    """One job for each scene, in order.

    Args:
        folder: where the results go, absolute.
        kinds: results wanted beside the mask: ``uncertainty``, ``probability``, ``shadow``,
            ``stages``, ``product_mask``.
        options: fields of ``DetectionRequest`` for all scenes.
        threads: CPU threads of each job, None to leave that to the process.
        compute: how, where it is not as suits the device.

    Raises:
        InputError, ModelError: an option is wrong, whatever the scene.
    """
    options = options | {"model": _same_from_any_folder(options["model"])}
    model, model_card = load_model(options["model"])
    Thresholds.of(
        model.configuration,  # type: ignore[arg-type]  # compared networks have thresholds too
        *(options[f"{name}_threshold"] for name in ("coarse", "refined", "acceptance")),
    )
    model_checksums = checksums(options["model"])
    symmetries_of(options["augment"])
    for radiometry in {options["radiometry"], *(scene.radiometry for scene in scenes)} - {""}:
        parse_radiometry(radiometry, len(BANDS))

    jobs = []
    names = result_names([scene.path for scene in scenes], folder)
    for scene, name in zip(scenes, names, strict=True):
        outputs: dict[str, Any] = {f"{kind}_path": folder / f"{name}_{kind}.tif" for kind in kinds}
        request = DetectionRequest(
            input_path=scene.path,
            mask_path=folder / f"{name}_mask.tif",
            **outputs,
            stac_path=folder / f"{name}{ITEM_ENDING}" if options.get("stac_is_in_batch") else None,
            **options
            | {key: own for key in ("bands", "radiometry") if (own := getattr(scene, key))},
        )
        request.check_shadow(model_card["name"], getattr(model.configuration, "shadow", False))
        settings = {
            key: value
            for key, value in dataclasses.asdict(request).items()
            if key not in _NOT_SETTINGS
        }
        settings["model"] = model_checksums
        jobs.append(SceneJob(scene.path, name, folder, request, settings, threads, compute))
    return jobs


def _same_from_any_folder(model: str | None) -> str | None:
    if model is None or model in shipped_models() or not os.path.isfile(model):
        return model
    return os.path.abspath(model)


def result_names(paths: Sequence[str], folder: Path) -> list[str]:
    """For each path what the names of its results begin with.

    That is the name of the product, or of the scene's file. Where another scene has that already, in ``folder`` or
    earlier in the list, eight digits of a checksum of the path are appended. A scene that has
    results keeps their name, however the list has changed since.
    """
    owners: dict[str, str] = {}
    choices = [_choices(path) for path in paths]
    for names in choices:
        for name in names:
            record = read_record(record_path(folder, name))
            if record is not None:
                owners[name.casefold()] = record["scene"]
    result = []
    for path, (plain, unique) in zip(paths, choices, strict=True):
        has_unique = owners.get(unique.casefold()) == path
        is_free = owners.get(plain.casefold(), path) == path
        name = plain if is_free and not has_unique else unique
        owners[name.casefold()] = path
        result.append(name)
    return result


def _choices(path: str) -> tuple[str, str]:
    """The plain name and the one that no other path has; only that where the plain one is taken."""
    stem = scene_name(path)
    plain = re.sub(r"[^\w.-]", "_", stem)[:_LONGEST_NAME].strip(".") or "scene"
    if record_path(Path(), plain).name.casefold() == COLLECTION_NAME:
        plain += "_scene"
    digest = hashlib.sha256(path.encode(errors="surrogateescape")).hexdigest()
    unique = f"{plain}-{digest[:8]}"
    return unique if plain.casefold().endswith(_TAKEN_ENDINGS) else plain, unique
