"""Images of xarray: read tile by tile, answered with their coordinates, reference system and attributes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import rasterio
import xarray
from rasterio.crs import CRS
from rasterio.transform import Affine

from cloudmamba.classes import BANDS, NO_DATA
from cloudmamba.detection.in_memory import Prediction
from cloudmamba.errors import InputError
from cloudmamba.raster.bands import role_in_words, roles_of_names
from cloudmamba.raster.grid import GDAL_ERRORS, Grid
from cloudmamba.raster.ground_distance import ground_sample_distance_m

BAND = "band"
_EASTWARD = ("x", "lon", "longitude", "easting")
# Of an image's attributes and encoding, those that say how its own numbers are stored.
_OF_THE_NUMBERS = (
    "scale_factor", "add_offset", "_FillValue", "missing_value", "nodata", "nodatavals",
    "long_name", "units", "valid_range", "standard_name", "description",
)  # fmt: skip
_LAYERS = {
    "mask": "cloud mask: 0 clear, 1 cloud, 255 no data",
    "probability": "cloud probability",
    "uncertainty": "uncertainty of the mask, 0 sure to 1 undecided",
    "shadow": "probability of cloud shadow",
    "coarse_probability": "coarse probability Pc",
    "coarse_uncertainty": "coarse uncertainty U",
    "accepted": "acceptance M",
    "refined_probability": "refined probability Pr",
}


def predict_data_array(
    predict_windows: Callable[..., Prediction],
    image: xarray.DataArray,
    bands: Sequence[str] | None,
    valid: Any = None,
    nodata: float | None = None,
    **options: Any,
) -> xarray.Dataset:
    """As ``CloudMasker.predict`` describes it.

    Args:
        predict_windows: that of the masker.
    """
    if not isinstance(image, xarray.DataArray):
        raise InputError(
            f"An image is an array of NumPy or a DataArray of xarray, and not a "
            f"{type(image).__name__}."
        )
    if image.ndim != 3:
        raise InputError(f"An image has the dimensions band, y and x, and not {image.dims}.")
    band = BAND if BAND in image.dims else image.dims[0]
    image = image.transpose(band, ...)
    names = _names_of(image, band, bands)
    if nodata is None:
        nodata = _declared_no_data(image)
    if options.get("gsd_m") is None:
        options["gsd_m"] = _ground_sample_distance_m(image)
    if isinstance(valid, xarray.DataArray):
        if set(valid.dims) != set(image.dims[1:]):
            raise InputError(
                f"The validity has the dimensions {valid.dims}, and not {image.dims[1:]}."
            )
        valid = valid.transpose(*image.dims[1:])
    # What is not in memory yet is read tile by tile, too.
    elif valid is not None and not hasattr(valid, "shape"):
        valid = np.asarray(valid)
    if valid is not None and valid.shape != image.shape[1:]:
        raise InputError(f"The validity has the shape {valid.shape}, and not {image.shape[1:]}.")
    if isinstance(valid, xarray.DataArray):
        valid = _laid_on(image, valid)

    def read(rows: slice, columns: slice) -> tuple[np.ndarray, np.ndarray | None]:
        part = None if valid is None else np.asanyarray(valid[rows, columns])
        return np.asarray(image[:, rows, columns].data), part

    shape = (image.sizes[image.dims[1]], image.sizes[image.dims[2]])
    prediction = predict_windows(read, shape, names, nodata=nodata, **options)
    return _like(image, band, prediction)


def _declared_no_data(image: xarray.DataArray) -> Any:
    """The value that means no data in the image's numbers; None where no attribute says it.

    That of the encoding is of numbers that xarray has decoded.
    """
    for name in ("_FillValue", "missing_value", "nodata"):
        if image.attrs.get(name) is not None:
            return image.attrs[name]
    told = np.atleast_1d(image.attrs.get("nodatavals", ())).tolist()
    # NaN is no data in any case, and no two of it are the same.
    of_each_band = {value for value in told if value == value}
    if len(of_each_band) > 1:
        raise InputError(
            "The bands of the image declare different values as no data: say in nodata which it is, "
            "or give valid."
        )
    return next(iter(of_each_band), None)


def _names_of(image: xarray.DataArray, band: Any, bands: Sequence[str] | None) -> list[str]:
    """The name of each band: as given, as the image says, or blue, green, red and near infrared."""
    count = image.sizes[band]
    coordinate = image.coords.get(band)
    if bands is None and coordinate is not None and coordinate.dtype.kind in "UOT":
        bands = [str(name) for name in coordinate.values]
    if bands is None:
        bands = _names_of_attributes(image, band)
    names = list(BANDS[:count] if bands is None else bands)
    if len(names) != count or count < 3:
        raise InputError(
            f"The image has {count} bands along '{band}': give in bands a name for each, with blue, "
            "green and red among them."
        )
    return names


def _names_of_attributes(image: xarray.DataArray, band: Any) -> list[str] | None:
    """What rioxarray kept of the descriptions of a file's bands; None where that names no colours."""
    told = image.attrs.get("long_name")
    if not isinstance(told, (tuple, list)) or not all(isinstance(name, str) for name in told):
        return None
    numbers = np.arange(1, image.sizes[band] + 1)
    # Of a part of the file's bands the coordinate tells which they are, and the attribute stays as it was.
    if band in image.coords and np.isin(image[band], np.arange(1, len(told) + 1)).all():
        numbers = image[band].values
    elif len(told) != len(numbers):
        return None
    descriptions = [told[int(number) - 1] for number in numbers]
    if roles_of_names(descriptions) or any(role_in_words(one)[0] for one in descriptions):
        return descriptions
    return None


def _ground_sample_distance_m(image: xarray.DataArray) -> float | None:
    """From evenly spaced coordinates and the reference system, as rioxarray keeps it; else None."""
    vertical, horizontal = image.dims[1:]
    if vertical in _EASTWARD:
        vertical, horizontal = horizontal, vertical
    y, x = _evenly_spaced(image, vertical), _evenly_spaced(image, horizontal)
    crs = _reference_system(image)
    if x is None or y is None or crs is None:
        return None
    (left, width_of_pixel), (top, height_of_pixel) = x, y
    # Coordinates are those of the middle of a pixel.
    left, top = left - width_of_pixel / 2, top - height_of_pixel / 2
    transform = Affine(width_of_pixel, 0, left, 0, height_of_pixel, top)
    grid = Grid(image.sizes[horizontal], image.sizes[vertical], crs, transform)
    return ground_sample_distance_m(grid)


def _evenly_spaced(image: xarray.DataArray, axis: Any) -> tuple[float, float] | None:
    """First coordinate and step of an axis; None where pixels differ in size or it has no numbers."""
    # Of an axis without coordinates xarray would count the pixels.
    if axis not in image.coords or image[axis].dtype.kind not in "iuf" or image.sizes[axis] < 2:
        return None
    values = image[axis].values.astype(np.float64)
    step = (values[-1] - values[0]) / (len(values) - 1)
    even = values[0] + step * np.arange(len(values))
    # Degrees in single precision are off by some hundredths of a pixel.
    if not np.allclose(values, even, rtol=0, atol=abs(step) / 10):
        return None
    return float(values[0]), float(step)


def _reference_system(image: xarray.DataArray) -> CRS | None:
    """That which a coordinate has as text; None where there is none or it is not understood."""
    name = image.encoding.get("grid_mapping") or image.attrs.get("grid_mapping") or "spatial_ref"
    told = image.coords[name].attrs if name in image.coords else {}
    try:
        # In an environment of rasterio GDAL prints nothing of what it does not understand.
        with rasterio.Env():
            return CRS.from_wkt(told.get("crs_wkt") or told["spatial_ref"])
    except (KeyError, ValueError, TypeError, *GDAL_ERRORS):
        return None


def _laid_on(image: xarray.DataArray, valid: xarray.DataArray) -> xarray.DataArray:
    """The validity with its axes turned as those of the image; by position where one has no coordinates.

    Raises InputError where it lies elsewhere.
    """
    for axis in image.dims[1:]:
        if axis not in image.indexes or axis not in valid.indexes:
            continue
        if _are_same(image[axis].values, valid[axis].values):
            continue
        valid = valid.isel({axis: slice(None, None, -1)})
        if not _are_same(image[axis].values, valid[axis].values):
            raise InputError(
                f"The validity lies elsewhere than the image along '{axis}': give it with the "
                "coordinates of the image, as valid.reindex_like(image) does."
            )
    return valid


def _are_same(ours: np.ndarray, theirs: np.ndarray) -> bool:
    """Whether coordinates of one length are the same, numbers within a hundredth of a pixel."""
    if ours.dtype.kind not in "iuf" or theirs.dtype.kind not in "iuf":
        return np.array_equal(ours, theirs)
    step = abs(float(ours[-1]) - float(ours[0])) / max(1, len(ours) - 1)
    return np.allclose(ours, theirs, rtol=1e-12, atol=step / 100)


def _like(image: xarray.DataArray, band: Any, prediction: Prediction) -> xarray.Dataset:
    """The layers of a prediction where the image lies."""
    coordinates = {
        name: coordinate for name, coordinate in image.coords.items() if band not in coordinate.dims
    }
    attributes = {key: value for key, value in image.attrs.items() if key not in _OF_THE_NUMBERS}
    layers = {}
    for name, title in _LAYERS.items():
        values = getattr(prediction, name)
        if values is None:
            continue
        layer = xarray.DataArray(
            values, coordinates, image.dims[1:], attrs={**attributes, "long_name": title}
        )
        # Where rioxarray keeps which coordinate is the reference system.
        if mapping := image.encoding.get("grid_mapping"):
            layer.encoding["grid_mapping"] = mapping
        if name == "mask":
            layer.encoding["_FillValue"] = NO_DATA
        layers[name] = layer
    return xarray.Dataset(layers, attrs=attributes)
