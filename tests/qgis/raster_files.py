"""Small GeoTIFFs for the tests, and what is in them."""

UTM = (500000, 10, 0, 5000000, 0, -10)


def write_raster(path, values, no_data=None, transform=UTM, epsg=32633):
    """A GeoTIFF of an array (height, width) or (bands, height, width); returns the path."""
    from osgeo import gdal, gdal_array, osr

    values = values if values.ndim == 3 else values[None]
    kind = gdal_array.NumericTypeCodeToGDALTypeCode(values.dtype.type)
    dataset = gdal.GetDriverByName("GTiff").Create(
        str(path), values.shape[2], values.shape[1], len(values), kind
    )
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
