"""From a raster to its cloud mask: reading, predicting, blending and writing at the same time."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import rasterio
import torch
from rasterio.windows import Window

from cloudmamba import __version__
from cloudmamba.classes import BANDS, NO_DATA, SHADOW, SNOW
from cloudmamba.detection.prediction import (
    OutOfMemory,
    Thresholds,
    TilePixels,
    TilePredictor,
    check_batch_size,
    predict_blocks,
)
from cloudmamba.detection.prefetch import WriteBehind, read_ahead
from cloudmamba.detection.products import (
    LAYOUTS,
    MASK_WITH_PRODUCT_CLASSES,
    MASK_WITH_SHADOW,
    Statistics,
    products_of,
    with_product_mask,
)
from cloudmamba.detection.request import DetectionRequest, Progress, Summary
from cloudmamba.detection.stac import check_item_path, item_text
from cloudmamba.detection.symmetries import Symmetry, symmetries_of
from cloudmamba.detection.threads import sharing_threads
from cloudmamba.detection.tiles import Tile, TileGrid, tile_grid
from cloudmamba.detection.trial import read_thumbnails, try_readings, verdict
from cloudmamba.errors import Cancelled, DeviceError, ModelError
from cloudmamba.inference.devices import Device, resolve_device
from cloudmamba.inference.prepared_model import PreparedModel
from cloudmamba.model_files import model_path
from cloudmamba.raster.bands import BandRoles
from cloudmamba.raster.grid import GDAL_CACHE_BYTES
from cloudmamba.raster.ground_distance import (
    check_ground_sample_distance,
    ground_sample_distance_m,
)
from cloudmamba.raster.radiometry import Radiometry, parse_radiometry
from cloudmamba.raster.writer import (
    Layout,
    ResultFile,
    Results,
    check_free_space,
    check_output_paths,
    steps_to_finish,
)
from cloudmamba.scene.description import product_as_json, radiometry_as_json, roles_as_json
from cloudmamba.scene.interpretation import Interpretation, interpret
from cloudmamba.scene.reader import QualityMask, Scene, is_statistics

_CUDA_BATCH_SIZE = 4
_SMALLEST_TILE_PX = 128
_WRITES_WAITING = 4


ReportProgress = Callable[[Progress], None]
LoadModel = Callable[[Path, Device], PreparedModel]


def detect(
    request: DetectionRequest,
    progress: ReportProgress | None = None,
    cancelled: Callable[[], bool] | None = None,
    model: PreparedModel | LoadModel | None = None,
) -> Summary:
    """Detect clouds in a raster and write the results.

    After an error, or when it was cancelled, the folders are as they were before.

    Args:
        progress: called after each step.
        cancelled: asked often; once it says True the run ends within a batch of tiles.
        model: ready, whatever the request names; or what loads the model and the device of the
            request, while the raster is looked at (None: ``PreparedModel.load``).

    Raises:
        InputError, OutputError, ModelError, DeviceError: one sentence on what is wrong.
        Cancelled: ``cancelled`` said so.
    """

    def check_cancelled() -> None:
        if cancelled is not None and cancelled():
            raise Cancelled("Cancelled: nothing was written.")

    started = time.perf_counter()
    progress = progress or (lambda _: None)
    model = model or PreparedModel.load
    tile_px, overlap_px = request.tile_px, request.overlap_px
    warnings: tuple[str, ...] = ()
    # With threads GDAL packs and unpacks the blocks of the results side by side.
    threads = str(torch.get_num_threads())
    with rasterio.Env(
        GDAL_CACHEMAX=GDAL_CACHE_BYTES, GDAL_NUM_THREADS=threads, ZLEVEL_OVERVIEW="1"
    ):
        while True:
            try:
                summary = _run(request, model, tile_px, overlap_px, progress, check_cancelled)
                break
            except OutOfMemory:
                if tile_px // 2 < _SMALLEST_TILE_PX:
                    raise DeviceError(
                        f"The device has too little free memory even for tiles of {tile_px} "
                        "pixels: close other programs that use it, or choose another device."
                    ) from None
            tile_px //= 2
            overlap_px = min(overlap_px, tile_px // 3)
            warnings = (f"Memory was short: tiles of {tile_px} pixels were used.",)
    return dataclasses.replace(
        summary,
        seconds=round(time.perf_counter() - started, 3),
        warnings=[*warnings, *summary.warnings],
    )


@dataclasses.dataclass(frozen=True)
class _Plan:
    """A request with everything settled that was left open."""

    scene: Scene
    interpretation: Interpretation
    prepared: PreparedModel
    thresholds: Thresholds
    augmentation: str
    symmetries: Sequence[Symmetry]
    look_first: bool
    # Ground sample distance, where it is known.
    gsd_m: float | None
    batch_size: int
    grid: TileGrid
    outputs: Mapping[str, Path]
    quality: QualityMask | None
    added_classes: Collection[int]
    lacks_product_mask: bool
    shadow_in_mask: bool
    # Numbers met that cannot be reflectance: the most extreme of each tile that has some.
    impossible: list[float] = dataclasses.field(default_factory=list)

    @property
    def roles(self) -> BandRoles:
        return self.interpretation.best.roles

    @property
    def radiometry(self) -> Radiometry:
        return self.interpretation.best.radiometry

    @property
    def mask_layout(self) -> Layout:
        if SNOW in self.added_classes:
            return MASK_WITH_PRODUCT_CLASSES
        return MASK_WITH_SHADOW if self.has_shadow else LAYOUTS["mask"]

    @property
    def has_shadow(self) -> bool:
        """Whether cloud shadow is a class of the mask."""
        return self.shadow_in_mask or SHADOW in self.added_classes

    @property
    def steps(self) -> int:
        """Tiles, and what is to be checked of the outputs."""
        return len(self.grid) + len(self.outputs) * steps_to_finish(self.scene.grid)


def _run(
    request: DetectionRequest,
    model: PreparedModel | LoadModel,
    tile_px: int,
    overlap_px: int,
    progress: ReportProgress,
    check_cancelled: Callable[[], None],
) -> Summary:
    """Everything from checking the request to renaming the results, but for the time it took."""
    check_cancelled()
    # What can be checked at once comes before what takes time.
    parse_radiometry(request.radiometry, len(BANDS))
    weights = model.path if isinstance(model, PreparedModel) else model_path(request.model)
    with (
        # All reading happens in one thread.
        ThreadPoolExecutor(1, "reading") as reader,
        reader.submit(
            Scene,
            request.input_path,
            request.keep_fill,
            further=request.band_paths,
            resolution_m=request.resolution_m,
            crs=request.crs,
        ).result() as scene,
        Results() as results,
    ):
        plan = _prepare(
            request, scene, reader, model, weights, tile_px, overlap_px, check_cancelled
        )
        layouts = {**LAYOUTS, "mask": plan.mask_layout}
        check_free_space({path: layouts[kind] for kind, path in plan.outputs.items()}, scene.grid)
        files = {
            kind: results.add(path, scene.grid, layouts[kind])
            for kind, path in plan.outputs.items()
        }
        predictor = TilePredictor(
            plan.prepared.network,
            [getattr(plan.roles, band) is not None for band in plan.prepared.configuration.bands],
            plan.thresholds,
            plan.prepared.device.torch_device,
            plan.batch_size,
            stages="stages" in files,
            symmetries=plan.symmetries,
            look_first=plan.look_first,
            gsd_m=plan.gsd_m,
        )
        statistics = _predict(plan, predictor, reader, files, progress, check_cancelled)
        scene.check_unchanged()
        summary = _summarise(plan, predictor, statistics)
        done = len(plan.grid)

        def check_step() -> None:
            nonlocal done
            check_cancelled()
            done += 1
            progress(Progress(done, plan.steps, "Checking the results"))

        for kind, file in files.items():
            is_ours = kind != "product_mask"
            file.finish(_tags(plan, summary) if is_ours else _product_mask_tags(plan), check_step)
        check_cancelled()
        if request.stac_path is not None:
            item = Path(request.stac_path)
            finished = {kind: file.temporary for kind, file in files.items()}
            classes = list(layouts["mask"].class_names)
            text = item_text(item, summary, finished, classes, request.stac_is_in_batch)
            results.add_text(item.resolve(), text)
        results.commit()
    return summary


def _prepare(
    request: DetectionRequest,
    scene: Scene,
    reader: Executor,
    model: PreparedModel | LoadModel,
    weights: Path | None,
    tile_px: int,
    overlap_px: int,
    check_cancelled: Callable[[], None],
) -> _Plan:
    if request.batch_size is not None:
        check_batch_size(request.batch_size)
    check_ground_sample_distance(request.gsd_m)
    symmetries = symmetries_of(request.augment)
    grid = tile_grid(scene.grid.height, scene.grid.width, tile_px, overlap_px)
    lacks_mask = request.asks_for_product_mask and not scene.masks
    if lacks_mask and request.product_mask_is_optional:
        request = dataclasses.replace(
            request, product_mask_path=None, add_product_classes=False, add_product_shadow=False
        )
    wanted = {kind: getattr(request, f"{kind}_path") for kind in LAYOUTS}
    wanted = {kind: path for kind, path in wanted.items() if path is not None}
    inputs = [*scene.files, *([weights] if weights else [])]
    paths = check_output_paths(list(wanted.values()), inputs)
    if request.stac_path is not None:
        check_item_path(Path(request.stac_path), inputs)
    device = None if isinstance(model, PreparedModel) else resolve_device(request.device)
    quality = None
    added_classes: Collection[int] = ()
    if request.add_product_classes:
        added_classes = (SHADOW, SNOW)
    elif request.add_product_shadow:
        added_classes = (SHADOW,)
    if request.asks_for_product_mask:
        quality = reader.submit(scene.open_quality, request.product_mask_kind).result()

    # The model is loaded meanwhile, by one thread: PyTorch's would be in the way of reading.
    with sharing_threads(torch.get_num_threads()) as loader:
        loading = None
        if not isinstance(model, PreparedModel):
            loading = loader.submit(model, weights, device)
        interpretation = reader.submit(
            interpret, scene, request.bands, request.radiometry, check_cancelled
        ).result()
        doubtful = len(interpretation.readings) > 1
        thumbnails = (
            reader.submit(read_thumbnails, scene, interpretation, check_cancelled).result()
            if doubtful
            else []
        )
        prepared = model if loading is None else loading.result()
    configuration = prepared.configuration
    bands = configuration.bands
    if not set(BANDS[:3]) <= set(bands) <= set(BANDS):
        raise ModelError(
            f"The model '{prepared.name}' wants the bands {', '.join(bands)}: only models of "
            f"{', '.join(BANDS)} can be used."
        )
    request.check_shadow(prepared.name, configuration.shadow)
    thresholds = Thresholds.of(
        configuration,
        request.coarse_threshold,
        request.refined_threshold,
        request.acceptance_threshold,
    )
    if doubtful:
        trials = try_readings(interpretation, thumbnails, prepared, thresholds, check_cancelled)
        warnings = (*interpretation.warnings, *verdict(scene.metadata.name, interpretation, trials))
        interpretation = dataclasses.replace(interpretation, warnings=warnings)
    prepared = prepared.suited_to(interpretation.best.radiometry.is_picture)
    return _Plan(
        scene=scene,
        interpretation=interpretation,
        prepared=prepared,
        thresholds=thresholds,
        augmentation=request.augment,
        symmetries=symmetries,
        look_first=request.look_first,
        gsd_m=request.gsd_m or ground_sample_distance_m(scene.grid),
        batch_size=request.batch_size or (1 if prepared.device.id == "cpu" else _CUDA_BATCH_SIZE),
        grid=grid,
        outputs=dict(zip(wanted, paths, strict=True)),
        quality=quality,
        added_classes=added_classes,
        lacks_product_mask=lacks_mask,
        shadow_in_mask=request.shadow_in_mask,
    )


def _predict(
    plan: _Plan,
    predictor: TilePredictor,
    reader: Executor,
    files: Mapping[str, ResultFile],
    progress: ReportProgress,
    check_cancelled: Callable[[], None],
) -> Statistics:
    """Read, predict and write all tiles."""

    windows = [_window(tile) for tile in plan.grid]
    stored = reader.submit(plan.scene.reader_of, plan.roles.available_numbers, windows).result()

    def read(tile: Tile) -> TilePixels:
        with rasterio.Env():
            return _pixels_of(plan, *stored(_window(tile)))

    def write(products: Mapping[str, np.ndarray], window: Window) -> None:
        with rasterio.Env():
            for kind, product in products.items():
                files[kind].write(product, window)

    def read_quality(window: Window) -> np.ndarray:
        with rasterio.Env():
            return plan.quality.read(window)

    temperature = plan.prepared.configuration.temperature
    statistics = Statistics()
    pixels = read_ahead(reader, read, plan.grid, plan.batch_size + 1)
    with (
        contextlib.closing(pixels),
        WriteBehind(_WRITES_WAITING) as writer,
        contextlib.closing(predict_blocks(plan.grid, pixels, predictor)) as blocks,
    ):
        for done, (block, valid) in enumerate(blocks, start=1):
            check_cancelled()
            layers = dict(zip(predictor.layers, block.layers, strict=True))
            products = products_of(layers, valid, plan.thresholds, temperature, plan.shadow_in_mask)
            window = Window(block.left, block.top, *valid.shape[::-1])
            if plan.quality is not None:
                codes = reader.submit(read_quality, window).result()
                products = with_product_mask(products, codes, plan.added_classes)
            statistics.add(products)
            writer.submit(write, {kind: products[kind] for kind in files}, window)
            progress(Progress(done, plan.steps, "Detecting clouds"))
    return statistics


def _window(tile: Tile) -> Window:
    height, width = tile.shape
    return Window(tile.x.start, tile.y.start, width, height)


def _pixels_of(plan: _Plan, values: np.ndarray, valid: np.ndarray) -> TilePixels:
    """A tile's reflectance in the order of the model's bands; 0 for a band that is absent."""
    reflectance = plan.radiometry.reflectance(values)
    possible = plan.radiometry.possible(values, reflectance)
    if not possible[valid].all():
        damaged = values[:, valid & ~possible]
        plan.impossible.append(float(max(damaged.min(), damaged.max(), key=abs)))
        valid &= possible
    bands = plan.prepared.configuration.bands
    if tuple(plan.roles.available_bands) == tuple(bands):
        return TilePixels(reflectance, valid)
    found = dict(zip(plan.roles.available_bands, reflectance, strict=True))
    absent = np.zeros(valid.shape, np.float32)
    return TilePixels(np.stack([found.get(band, absent) for band in bands]), valid)


def _summarise(plan: _Plan, predictor: TilePredictor, statistics: Statistics) -> Summary:
    warnings = list(plan.interpretation.warnings)
    if plan.scene.has_undeclared_nodata:
        warnings.append(
            "Pixels that are 0 in every band were taken for no data: the raster declares none."
        )
    if plan.scene.has_dead_lines:
        warnings.append(
            "Rows or columns of one value in a band, between others that vary, were taken for no "
            "data."
        )
    if plan.impossible:
        example = max(plan.impossible, key=abs)
        warnings.append(
            f"Pixels whose numbers cannot be reflectance, such as {example:g}, were taken for no "
            "data."
        )
    # Masks of pictures hardly depend on it.
    is_told = plan.gsd_m is not None or plan.radiometry.is_picture
    if plan.prepared.configuration.fine_outlines and not is_told:
        warnings.append(
            "The image lies in no known map, so that nothing tells how large its pixels are: clouds "
            "are outlined half-way between fine and coarse images. To tell it: --gsd-m."
        )
    if plan.lacks_product_mask:
        warnings.append("The image brings no mask of its own, so nothing of one was used.")
    if predictor.was_short_of_memory:
        warnings.append("Memory was short: fewer tiles were computed at a time.")
    return Summary(
        cloud_percent=statistics.cloud_percent,
        valid_percent=statistics.valid_percent,
        mean_uncertainty=statistics.mean_uncertainty,
        shadow_percent=statistics.shadow_percent if plan.has_shadow else None,
        width=plan.scene.grid.width,
        height=plan.scene.grid.height,
        device=plan.prepared.device.name,
        seconds=0.0,
        tiles=len(plan.grid),
        tiles_skipped=predictor.tiles_skipped,
        tiles_refined=predictor.tiles_refined,
        tiles_settled=predictor.tiles_settled,
        model=plan.prepared.name,
        version=plan.prepared.version,
        bands=roles_as_json(plan.roles),
        radiometry=radiometry_as_json(plan.radiometry),
        thresholds=dataclasses.asdict(plan.thresholds),
        augmentation=plan.augmentation,
        gsd_m=plan.gsd_m,
        warnings=warnings,
        outputs={kind: str(path) for kind, path in plan.outputs.items()},
        product=product_as_json(plan.scene.product) if plan.scene.is_product else None,
        input_files=[str(file) for file in plan.scene.files if not is_statistics(file)],
    )


def _classes(layout: Layout) -> str:
    names = ", ".join(f"{code} {name}" for code, name in layout.class_names.items())
    return f"{names}, {NO_DATA} no data"


def _tags(plan: _Plan, summary: Summary) -> dict[str, str]:
    """What a result's file says of how it was made."""
    return _product_tags(plan.scene) | {
        "TIFFTAG_SOFTWARE": f"cloudmamba {__version__}",
        "CLASSES": _classes(plan.mask_layout),
        "SOURCE": plan.scene.metadata.name,
        "MODEL": summary.model,
        "MODEL_VERSION": summary.version,
        "MODEL_CHECKSUM": plan.prepared.checksum,
        "COARSE_THRESHOLD": f"{plan.thresholds.coarse:g}",
        "REFINED_THRESHOLD": f"{plan.thresholds.refined:g}",
        "ACCEPTANCE_THRESHOLD": f"{plan.thresholds.acceptance:g}",
        "TEMPERATURE": f"{plan.prepared.configuration.temperature:g}",
        "AUGMENTATION": plan.augmentation,
        "LOOKED_FIRST": "yes" if plan.look_first else "no",
        **({} if plan.gsd_m is None else {"GROUND_SAMPLE_DISTANCE_M": f"{plan.gsd_m:g}"}),
        "BANDS": str(plan.roles),
        "RADIOMETRY": str(plan.radiometry),
        **(
            {}
            if summary.shadow_percent is None
            else {"SHADOW_PERCENT": f"{summary.shadow_percent:.4f}"}
        ),
        "CLOUD_PERCENT": f"{summary.cloud_percent:.4f}",
        "VALID_PERCENT": f"{summary.valid_percent:.4f}",
        "MEAN_UNCERTAINTY": f"{summary.mean_uncertainty:.6f}",
    }


def _product_mask_tags(plan: _Plan) -> dict[str, str]:
    """What the file of the product's own mask says of it."""
    return _product_tags(plan.scene) | {
        "TIFFTAG_SOFTWARE": f"cloudmamba {__version__}",
        "CLASSES": _classes(LAYOUTS["product_mask"]),
        "SOURCE": plan.scene.metadata.name,
        "MASK_OF_PRODUCT": plan.quality.title,
    }


def _product_tags(scene: Scene) -> dict[str, str]:
    """What the product says of itself, as far as it does."""
    product = scene.product
    if not scene.is_product:
        return {}
    said = {
        "PRODUCT": product.title,
        "ACQUIRED": product.acquired and product.acquired.isoformat(),
        "SUN_ELEVATION_DEG": product.sun_elevation_deg,
        "SUN_AZIMUTH_DEG": product.sun_azimuth_deg,
    }
    return {key: str(value) for key, value in said.items() if value is not None}
