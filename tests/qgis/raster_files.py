"""Small GeoTIFFs for the tests, and what is in them."""

UTM = (500000, 10, 0, 5000000, 0, -10)


def write_raster(path, values, no_data=None, transform=UTM, epsg=32633):
    """A GeoTIFF of an array (height, width) or (bands, height, width); returns the path.

    ``transform`` and ``epsg`` may be None: the file then does not tell them.
    """
    from osgeo import gdal, gdal_array, osr

    values = values if values.ndim == 3 else values[None]
    kind = gdal_array.NumericTypeCodeToGDALTypeCode(values.dtype.type)
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), values.shape[2], values.shape[1], len(values), kind
    )
    if transform:
        dataset.SetGeoTransform(transform)
    if epsg:
        system = osr.SpatialReference()
        system.ImportFromEPSG(epsg)
        dataset.SetProjection(system.ExportToWkt())
    for number, band in enumerate(values, 1):
        # First: GDAL 3.10 leaves out blocks of zeros, which then read as the no data set later.
        if no_data is not None:
            dataset.GetRasterBand(number).SetNoDataValue(no_data)
        dataset.GetRasterBand(number).WriteArray(band)
    dataset = None
    return str(path)


def place_by_points(path, place, columns, rows, epsg=32633):
    """Give a file without georeference ground control points; ``place`` tells x and y of a pixel."""
    from osgeo import gdal, osr

    system = osr.SpatialReference()
    system.ImportFromEPSG(epsg)
    pixels = [(columns * x / 4, rows * y / 4) for x in range(5) for y in range(5)]
    dataset = gdal.Open(str(path), gdal.GA_Update)
    points = [gdal.GCP(*place(column, row), 0, column, row) for column, row in pixels]
    dataset.SetGCPs(points, system.ExportToWkt())
    dataset = None
    return str(path)


def corrected_layer(path, epsg=32633):
    """A layer of the file whose CRS the user has set."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer

    layer = QgsRasterLayer(str(path))
    crs = QgsCoordinateReferenceSystem.fromEpsgId(epsg)
    assert layer.crs() != crs
    layer.setCrs(crs)
    return layer


def tag_raster(path, **tags):
    """What the file says of itself."""
    from osgeo import gdal

    dataset = gdal.Open(str(path), gdal.GA_Update)
    dataset.SetMetadata(tags)
    dataset = None


def read_raster(path):
    """(bands, height, width)."""
    from osgeo import gdal

    values = gdal.Open(str(path)).ReadAsArray()
    return values if values.ndim == 3 else values[None]
