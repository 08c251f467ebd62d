"""When an image was taken, as names and metadata tell it."""

from datetime import date

import pytest


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("S2B_MSIL1C_20230815T101559_N0509_R065_T33TWL_20230816T140000.SAFE", (2023, 8, 15)),
        ("LC08_L2SP_020039_20150804_20200908_02_T1_SR_B4.TIF", (2015, 8, 4)),
        ("LC80200392015216LGN00_B1.TIF", (2015, 8, 4)),
        ("HLS.S30.T13TFE.2021001T175749.v2.0.B02.tif", (2021, 1, 1)),
        ("20200822_183152_1050_3B_AnalyticMS_SR.tif", (2020, 8, 22)),
        ("GF1_WFV2_E112.6_N33.9_20130921_L2A0000088120.tiff", (2013, 9, 21)),
        ("field 2024-02-29.tif", (2024, 2, 29)),
        ("field_2023_02_29.tif", None),
        ("mask_12345678.tif", None),
        ("scene-20231301.tif", None),
        ("2024.tif", None),
    ],
)
def test_days_in_names(plugin, name, day):
    from cloudmamba_qgis.rasters.acquisition import day_in

    assert day_in(name) == (date(*day) if day else None)


def test_metadata_count_before_names(plugin):
    from cloudmamba_qgis.rasters.acquisition import acquisition
    from osgeo import gdal

    dataset = gdal.GetDriverByName("MEM").Create("", 1, 1)
    path = "/20200101/scene_20210203.tif"
    assert acquisition(path, dataset).day == date(2021, 2, 3)
    assert acquisition("/20200101/mask.tif", dataset) is None
    dataset.SetMetadataItem("SOURCE", "S2A_20220304.tif")  # as the engine's masks have it
    assert acquisition("/20200101/mask.tif", dataset).day == date(2022, 3, 4)
    dataset.SetMetadataItem("TIFFTAG_DATETIME", "2024:05:06 00:00:00")
    dataset.SetMetadataItem("ACQUISITIONDATETIME", "2023-04-05T10:00:00", "IMAGERY")
    found = acquisition(path, dataset)
    assert (found.day, found.told_by) == (date(2023, 4, 5), "ACQUISITIONDATETIME")


def test_what_a_layer_says_of_itself_counts_in_place_of_its_file(plugin):
    from cloudmamba_qgis.rasters.acquisition import acquisition
    from osgeo import gdal

    dataset = gdal.GetDriverByName("MEM").Create("", 1, 1)
    own = {"SOURCE": "S2A_20220304.tif"}
    assert acquisition("/scenes/live mask.tif", dataset, own).day == date(2022, 3, 4)
    own["ACQUISITION_DATE"] = "2021-02-03"
    assert acquisition("/scenes/live mask.tif", dataset, own).day == date(2021, 2, 3)


def test_a_layer_without_one_fixed_time_has_no_day(plugin, image):
    """Such as one with a time for each band."""
    from cloudmamba_qgis.layers.acquisition import day_of_layer
    from cloudmamba_qgis.layers.provenance import LayerTime
    from qgis.core import Qgis, QgsDateTimeRange, QgsRasterLayer
    from qgis.PyQt.QtCore import QDateTime, Qt

    layer, result = QgsRasterLayer(str(image)), QgsRasterLayer(str(image))
    begin = QDateTime.fromString("2024-03-10T00:00:00Z", Qt.DateFormat.ISODate)
    temporal = layer.temporalProperties()
    temporal.setFixedTemporalRange(QgsDateTimeRange(begin, begin.addDays(1)))
    temporal.setIsActive(True)
    assert day_of_layer(layer) == date(2024, 3, 10)
    LayerTime.of(layer).apply_to(result)
    assert result.temporalProperties().isActive()
    assert result.temporalProperties().fixedTemporalRange() == temporal.fixedTemporalRange()
    temporal.setMode(Qgis.RasterTemporalMode.RedrawLayerOnly)
    assert LayerTime.of(layer) is None and day_of_layer(layer) is None
