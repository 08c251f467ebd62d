"""CloudMasker: a model that is ready, for images in memory and in files."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from torch import nn

from cloudmamba.classes import BANDS
from cloudmamba.compute_options import AUTOMATIC, ComputeOptions
from cloudmamba.detection.band_names import positions_of
from cloudmamba.detection.in_memory import Prediction, predict_image
from cloudmamba.detection.pipeline import ReportProgress
from cloudmamba.detection.pipeline import detect as detect_in_files
from cloudmamba.detection.prediction import Thresholds, TilePixels
from cloudmamba.detection.request import DetectionRequest, Summary
from cloudmamba.errors import InputError, InterpretationError
from cloudmamba.inference.devices import Device, resolve_device
from cloudmamba.inference.prepared_model import PreparedModel
from cloudmamba.model_files import model_path
from cloudmamba.raster.band_agreement import only_zeros
from cloudmamba.raster.radiometry import Radiometry, parse_radiometry

if TYPE_CHECKING:
    import xarray

# Units are judged by some windows along each axis.
_SAMPLE_PX, _SAMPLES_PER_AXIS = 64, 3
_SEARCH_PX = 512


class CloudMasker:
    """A model on its device, in its fastest form, with its thresholds.

    Loading takes a while and masking does not, so keep one for many images. Several threads may
    use it.

    >>> import numpy as np
    >>> from cloudmamba import CloudMasker
    >>> masker = CloudMasker.load(device="cpu")
    >>> ground = np.full((4, 64, 64), [[[0.05]], [[0.08]], [[0.06]], [[0.35]]], np.float32)
    >>> prediction = masker.predict(ground, bands=("blue", "green", "red", "nir"), gsd_m=10)
    >>> prediction.mask.shape, int((prediction.mask == 1).sum())
    ((64, 64), 0)

    Attributes:
        prepared: the model, ready to detect.
        thresholds: tau_c, tau_r and gamma of the masks that are made in memory.
    """

    def __init__(self, prepared: PreparedModel, thresholds: Thresholds | None = None):
        self.prepared = prepared
        self.thresholds = thresholds or Thresholds.of(prepared.configuration)

    @classmethod
    def load(
        cls,
        model: str | Path | None = None,
        device: str = "auto",
        precision: str | None = None,
        scan: str | None = None,
        cuda_graphs: bool = False,
    ) -> CloudMasker:
        """Load a model.

        Args:
            model: a model file, or the name of a shipped model; None for the default one.
            device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.
            precision: ``bfloat16`` or ``float32``; None for what suits the device.
            scan: what computes the selective scan: ``compiled`` (CPU), ``triton`` or ``mamba_ssm``
                (CUDA), or ``plain``; None for what suits the device.
            cuda_graphs: have a graphics card launch whole stages; tried on no card yet.

        Raises:
            ModelError: the file is missing, damaged, or not a CloudMamba model.
            DeviceError: the device does not exist here or cannot be used.
        """
        compute = ComputeOptions(precision, scan, cuda_graphs)
        return cls(PreparedModel.load(model_path(model), resolve_device(device), compute))

    @classmethod
    def of(
        cls,
        network: nn.Module,
        model_card: Mapping[str, str] | None = None,
        compute: ComputeOptions = AUTOMATIC,
    ) -> CloudMasker:
        """Of a network in memory, in evaluation mode, on the device that it is on."""
        return cls(PreparedModel.of(network, model_card, compute))

    @property
    def device(self) -> Device:
        """Where it computes."""
        return self.prepared.device

    @property
    def model_card(self) -> Mapping[str, str]:
        """Name, version, training data, licence and checksum of the model."""
        return self.prepared.model_card

    @property
    def configuration(self) -> Any:
        """Of the network."""
        return self.prepared.configuration

    @overload
    def predict(
        self, image: np.ndarray, bands: Sequence[str] | None = ..., **options: Any
    ) -> Prediction: ...

    @overload
    def predict(
        self, image: xarray.DataArray, bands: Sequence[str] | None = ..., **options: Any
    ) -> xarray.Dataset: ...

    def predict(
        self,
        image: np.ndarray | xarray.DataArray,
        bands: Sequence[str] | None = None,
        *,
        radiometry: str = "reflectance",
        valid: np.ndarray | None = None,
        nodata: float | None = None,
        **options: Any,
    ) -> Prediction | xarray.Dataset:
        """Mask an image in memory.

        Args:
            image: (bands, height, width), reflectance about 0..1 unless ``radiometry`` says
                otherwise. Of a ``DataArray`` the dimensions may be in any order if that of the
                bands is called ``band``; what is not in memory yet (Dask) is read tile by tile.
            bands: what each band is: ``blue``, ``green``, ``red`` and, if there is one, ``nir``,
                or other names as files have them, such as ``B02`` or ``842 nm``; bands that the
                model does not know are left out. None for the names in the coordinate ``band`` of a
                ``DataArray`` or in its attribute ``long_name``, where rioxarray keeps them, else
                for these four, or the first three of them, in this order.
            radiometry: what the numbers are: ``reflectance``, ``scale:S[,OFFSET]``, or a name
                that ``cloudmamba detect --radiometry`` knows.
            valid: (height, width) bool; None if all pixels are, but for those that are not finite.
                What is masked or NaN in it is not valid; a ``DataArray`` lies where its coordinates
                say.
            nodata: a pixel that has this value in a band has no data; None for that which a
                ``DataArray`` declares. Where neither this nor ``valid`` says so, zeros are image.
            options: ``gsd_m`` (None for what the coordinates and the reference system of a
                ``DataArray`` tell, of all else unknown), ``stages``, ``augment``, ``look_first``,
                ``tile_px``, ``overlap_px`` and ``batch_size`` as of ``DetectionRequest``; with
                ``stages`` Pc, U, M and Pr are given too.

        Returns:
            Mask, probability, uncertainty and what else the model tells, see ``Prediction``; of a
            ``DataArray`` a ``Dataset`` with its coordinates, reference system and attributes.

        Raises:
            InputError: shapes and bands do not fit, or the values cannot be what they are said
                to be.
        """
        if not isinstance(image, np.ndarray):
            from cloudmamba.xarray_images import predict_data_array

            return predict_data_array(
                self.predict_windows,
                image,
                bands,
                radiometry=radiometry,
                valid=valid,
                nodata=nodata,
                **options,
            )
        names = _names_of(bands, image.shape)
        shape = (int(image.shape[1]), int(image.shape[2]))
        valid = None if valid is None else np.asanyarray(valid)
        if valid is not None and valid.shape != shape:
            raise InputError(
                f"The validity has the shape {valid.shape}, and the image {shape}: give (height, "
                "width) of the same pixels."
            )

        def read(rows: slice, columns: slice) -> tuple[np.ndarray, np.ndarray | None]:
            return image[:, rows, columns], None if valid is None else valid[rows, columns]

        return self.predict_windows(
            read, shape, names, radiometry=radiometry, nodata=nodata, **options
        )

    def predict_windows(
        self,
        read: Callable[[slice, slice], tuple[np.ndarray, np.ndarray | None]],
        shape: tuple[int, int],
        bands: Sequence[str],
        *,
        radiometry: str = "reflectance",
        nodata: float | None = None,
        **options: Any,
    ) -> Prediction:
        """Mask an image that is read window by window.

        Args:
            read: numbers (bands, height, width) and validity (None for all) of some rows and
                columns.
            shape: height and width of the image.
            bands: what each band is, as of ``predict``.
            radiometry: what the numbers are, as of ``predict``.
            nodata: as of ``predict``.
            options: as of ``predict``.
        """
        wanted = list(self.configuration.bands)
        position_of = positions_of(bands, wanted)
        if nodata is not None:
            nodata = _number(nodata)
        found, positions = list(position_of), list(position_of.values())
        places = [wanted.index(band) for band in found]
        conversion = parse_radiometry(radiometry, len(found))
        if conversion is None:
            raise InputError(
                "The radiometry of an image in memory is not found out: name it, as in "
                "radiometry='scale:0.0001'."
            )

        def cut(rows: slice, columns: slice) -> tuple[np.ndarray, np.ndarray]:
            numbers, valid = read(rows, columns)
            numbers = np.asanyarray(numbers)[positions]
            masked = np.ma.getmaskarray(numbers) if np.ma.isMaskedArray(numbers) else False
            numbers = np.ma.getdata(numbers)
            if numbers.dtype.kind not in "iuf":
                raise InputError(
                    f"The image holds values of the type {numbers.dtype}: give numbers, such as "
                    "float32."
                )
            usable = np.isfinite(numbers).all(0) & ~np.any(masked, axis=0)
            if nodata is not None:
                usable &= (numbers != nodata).all(0)
            if valid is not None:
                usable &= _as_bool(valid)
            return numbers, usable

        def read_tile(rows: slice, columns: slice) -> TilePixels:
            numbers, usable = cut(rows, columns)
            usable &= conversion.possible(numbers)
            reflectance = np.zeros((len(wanted), *usable.shape), np.float32)
            reflectance[places] = conversion.reflectance(numbers)
            return TilePixels(reflectance, usable)

        _check_bands(conversion, found, cut, shape)
        return predict_image(
            self.prepared,
            read_tile,
            shape,
            [band in found for band in wanted],
            thresholds=self.thresholds,
            is_picture=conversion.is_picture,
            **options,
        )

    def detect(
        self,
        request: DetectionRequest,
        progress: ReportProgress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Summary:
        """Detect clouds in a raster and write the results, with this model on its device.

        ``model`` and ``device`` of the request play no part. All else as of
        ``cloudmamba.detection.detect``.
        """
        return detect_in_files(request, progress, cancelled, self.prepared)


def _names_of(bands: Sequence[str] | None, shape: Sequence[int]) -> list[str]:
    """What each band of an image is. Raises InputError where the shape does not fit."""
    if len(shape) != 3:
        raise InputError(f"An image has the shape (bands, height, width), and not {tuple(shape)}.")
    names = list(BANDS[: shape[0]] if bands is None else bands)
    if len(names) != shape[0] or len(names) < 3:
        turned = ", turned as in image.transpose(2, 0, 1)" if shape[2] in (3, 4) else ""
        raise InputError(
            f"The image has the shape {tuple(shape)}: give (bands, height, width){turned}, and in "
            "bands a name for each band."
        )
    return names


def _check_bands(
    conversion: Radiometry,
    bands: Sequence[str],
    cut: Callable[[slice, slice], tuple[np.ndarray, np.ndarray]],
    shape: tuple[int, int],
) -> None:
    """Raises InputError where the numbers cannot be what they are said to be."""

    def values(rows: slice, columns: slice) -> np.ndarray:
        numbers, usable = cut(rows, columns)
        return numbers[:, usable]

    parts = [values(*window) for window in itertools.product(*map(_spread, shape))]
    sample = np.concatenate(parts, 1)
    if not sample.size:
        return
    for position in only_zeros(sample):
        # Red and near infrared of water may be clipped to zero, and all windows may lie in it.
        everywhere = itertools.product(*map(_one_after_another, shape))
        if not any(values(*window)[position].any() for window in everywhere):
            raise InterpretationError(
                f"The image has only zeros in the band '{bands[position]}': it was not filled, or "
                "another one is meant. Near infrared may be left out."
            )
    if problem := conversion.problem_of(sample):
        raise InputError(
            f"The values, {sample.min():g} to {sample.max():g}, cannot be '{conversion.name}': "
            f"{problem}. Say what they are, as in radiometry='scale:0.0001'."
        )
    conversion.check_bands_agree(sample)


def _as_bool(valid: np.ndarray) -> np.ndarray:
    """Where something says that a pixel is valid: what is masked or NaN does not."""
    told = np.ma.filled(valid, False)
    return told.astype(bool) & (told == told)


def _number(nodata: Any) -> float:
    """Raises InputError for what is none, such as a text."""
    try:
        return float(nodata)
    except (TypeError, ValueError):
        raise InputError(f"The no data value {nodata!r} is no number.") from None


def _spread(length: int) -> list[slice]:
    """Windows from one end of an axis to the other."""
    size = min(_SAMPLE_PX, length)
    starts = np.linspace(0, length - size, _SAMPLES_PER_AXIS).astype(int)
    return [slice(start, start + size) for start in sorted(set(starts.tolist()))]


def _one_after_another(length: int) -> list[slice]:
    """Windows that cover an axis."""
    return [slice(start, start + _SEARCH_PX) for start in range(0, length, _SEARCH_PX)]
