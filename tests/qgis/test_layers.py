"""From layers to what GDAL opens, and styles."""

import zipfile

import pytest


@pytest.fixture(autouse=True)
def _staged(qgis_app):
    """These modules are those of the staged plugin."""


def layer_of(source, name="layer"):
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(str(source), name)
    assert layer.isValid()
    return layer


def test_file(image):
    from cloudmamba_qgis.layers.source import gdal_source

    assert gdal_source(layer_of(image)) == str(image)


def test_virtual_raster(image, tmp_path):
    from cloudmamba_qgis.layers.source import gdal_source
    from osgeo import gdal

    path = tmp_path / "stack.vrt"
    gdal.BuildVRT(str(path), [str(image)]).FlushCache()
    assert gdal_source(layer_of(path)) == str(path)


def test_geopackage_raster(image, tmp_path):
    from cloudmamba_qgis.layers.source import gdal_source
    from osgeo import gdal

    path = tmp_path / "images.gpkg"
    scaled = gdal.Translate(
        "", str(image), format="MEM", outputType=gdal.GDT_Byte, scaleParams=[[]]
    )
    for table in ("one", "two"):
        options = [f"RASTER_TABLE={table}", "APPEND_SUBDATASET=YES"]
        gdal.Translate(str(path), scaled, format="GPKG", creationOptions=options)
    source = gdal_source(layer_of(f"GPKG:{path}:two"))
    assert gdal.Open(source).RasterXSize == 40


def test_inside_an_archive(image, tmp_path):
    from cloudmamba_qgis.layers.source import gdal_source
    from osgeo import gdal

    path = tmp_path / "images.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(image, "image.tif")
    source = gdal_source(layer_of(f"/vsizip/{path}/image.tif"))
    assert gdal.Open(source).RasterXSize == 40


def test_archive_named_from_the_folder_of_the_shell(image, tmp_path, monkeypatch):
    from cloudmamba_qgis.layers.source import gdal_source

    with zipfile.ZipFile(tmp_path / "images.zip", "w") as archive:
        archive.write(image, "image.tif")
    monkeypatch.chdir(tmp_path)
    for name in ("/vsizip/images.zip/image.tif", "/vsizip/images.zip"):
        assert gdal_source(layer_of(name)) == name.replace("images", f"{tmp_path}/images")


def test_file_with_a_bar_in_its_name(image, tmp_path, monkeypatch):
    from cloudmamba_qgis.layers.source import gdal_source

    path = image.rename(tmp_path / "a|b.tif")
    assert gdal_source(layer_of(path)) == str(path)
    monkeypatch.chdir(tmp_path)
    assert gdal_source(layer_of("a|b.tif")) == str(path)


def test_web_map_is_refused():
    from cloudmamba_qgis.layers.source import UnusableSource, gdal_source
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer("type=xyz&url=http://localhost/{z}/{x}/{y}.png", "Web map", "wms")
    with pytest.raises(UnusableSource, match="'Web map' comes from the source 'wms'"):
        gdal_source(layer)


def test_login_is_refused(image):
    from cloudmamba_qgis.layers.source import UnusableSource, gdal_source
    from qgis.core import QgsRasterLayer

    layer = QgsRasterLayer(f"{image} authcfg='abc1234'", "Guarded")
    with pytest.raises(UnusableSource, match="only QGIS knows"):
        gdal_source(layer)


def test_no_data_of_the_layer_alone_is_no_image(image):
    from cloudmamba_qgis.layers.source import UnusableSource, image_source
    from osgeo import gdal
    from qgis.core import QgsRasterRange

    layer = layer_of(image, "Scene")
    assert image_source(layer) == str(image)
    provider = layer.dataProvider()
    for values, said in ((QgsRasterRange(7, 7), "7"), (QgsRasterRange(0, 12.5), "0 … 12.5")):
        provider.setUserNoDataValue(2, [values])
        with pytest.raises(UnusableSource, match=f"'Scene' .* no data value {said}, which"):
            image_source(layer)
    provider.setUserNoDataValue(2, [])
    assert image_source(layer) == str(image)

    for type_, is_known in ((gdal.GDT_UInt16, True), (gdal.GDT_Byte, False)):
        of_type = image.with_name(f"{gdal.GetDataTypeName(type_)}.tif")
        gdal.Translate(str(of_type), str(image), outputType=type_)
        layer = layer_of(of_type, "Black")
        layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(0, 0)])
        if is_known:
            assert image_source(layer) == str(of_type)
            continue
        with pytest.raises(UnusableSource, match="no data value 0, which"):
            image_source(layer)

    declared = image.with_name("declared.tif")
    gdal.Translate(str(declared), str(image), noData=7)
    layer = layer_of(declared)
    layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(7, 7)])
    assert image_source(layer) == str(declared), "the engine reads it in the file"


@pytest.mark.parametrize("style", ["mask", "uncertainty", "probability", "stages"])
def test_every_style_loads_into_its_renderer(style, image):
    from cloudmamba_qgis.layers.style import apply_style

    layer = layer_of(image)
    apply_style(layer, style)
    renderer = layer.renderer()
    assert (
        renderer.type()
        == {
            "mask": "paletted",
            "uncertainty": "singlebandpseudocolor",
            "probability": "singlebandpseudocolor",
            "stages": "multibandcolor",
        }[style]
    )
    if style in ("uncertainty", "probability"):
        shader = renderer.shader().rasterShaderFunction()
        assert (shader.minimumValue(), shader.maximumValue()) == (0, 1)
        _, *colour_at_zero = shader.shade(0.0)
        _, *colour_at_one = shader.shade(1.0)
        assert colour_at_zero[3] == 0, "where nothing is to be seen the image shows through"
        assert colour_at_one[3] > 200
        lightness = [sum(shader.shade(value / 10)[1:4]) for value in range(11)]
        assert lightness == sorted(lightness), "an even ramp gets steadily lighter"
    if style == "stages":
        # The second stage in two colours: one against red alone is lost on the colour-blind.
        assert (renderer.redBand(), renderer.greenBand(), renderer.blueBand()) == (1, 4, 4)
    if style == "mask":
        clear, cloud, shadow = renderer.classes()
        assert (clear.value, clear.color.alpha()) == (0, 0)
        assert cloud.value == 1 and 0 < cloud.color.alpha() < 255
        assert shadow.value == 2 and 0 < shadow.color.alpha() < 255
        assert shadow.color.name() != cloud.color.name()


def test_a_broken_style_is_reported(image, monkeypatch):
    from cloudmamba_qgis.layers import style

    monkeypatch.setattr(style, "style_path", lambda name: "/nowhere/style.qml")
    with pytest.raises(style.StyleNotLoaded):
        style.apply_style(layer_of(image), "mask")


def test_results_are_known_from_images(image, tmp_path):
    import numpy as np
    from cloudmamba_qgis.layers.results import image_name, is_result, mark_as_result, result_name
    from osgeo import gdal
    from raster_files import write_raster

    scene = layer_of(image)
    assert not is_result(scene)
    mark_as_result(scene)
    assert is_result(scene)
    path = write_raster(tmp_path / "mask.tif", np.zeros((5, 5), np.uint8), 255)
    assert not is_result(layer_of(path)), "any raster of one band"
    dataset = gdal.Open(path, gdal.GA_Update)
    dataset.GetRasterBand(1).SetDescription("cloud mask")
    dataset = None
    assert is_result(layer_of(path)), "made on the command line"
    for name in ("S2A 33", "Alps – north"):
        image_of_it, mask = layer_of(image, name), layer_of(path, result_name("Cloud mask", name))
        assert image_name(image_of_it) == image_name(mask) == name
    assert image_name(layer_of(path, "renamed")) == "renamed"


def test_legends_are_in_the_users_language(image, tmp_path, monkeypatch):
    from cloudmamba_qgis.layers import style

    known = style._legend_words()
    for name in ("mask", "preview"):
        layer = layer_of(image)
        style.apply_style(layer, name)
        assert {entry.label for entry in layer.renderer().classes()} <= set(known)
    german = {"Clear": "Klar", "Cloud": "Wolke <dicht>"}
    monkeypatch.setattr(style, "_legend_words", lambda: german)
    layer = layer_of(image)
    style.apply_style(layer, "mask")
    assert [entry.label for entry in layer.renderer().classes()][:2] == list(german.values())
    copy = tmp_path / "mask.tif"
    copy.write_bytes(image.read_bytes())
    assert style.write_sidecar(copy, "mask")
    opened = layer_of(copy)
    assert [entry.label for entry in opened.renderer().classes()][:2] == list(german.values())


def test_our_own_style_is_known_whatever_ends_its_lines(image, tmp_path):
    from cloudmamba_qgis.layers import style

    copy, sidecar = tmp_path / "mask.tif", tmp_path / "mask.qml"
    copy.write_bytes(image.read_bytes())
    assert style.write_sidecar(copy, "mask")
    ours = sidecar.read_bytes()
    assert b"\r" not in ours
    sidecar.write_bytes(ours.replace(b"\n", b"\r\n"))
    assert style.write_sidecar(copy, "mask") and sidecar.read_bytes() == ours
    sidecar.write_bytes(b"<qgis/>")
    assert not style.write_sidecar(copy, "mask") and sidecar.read_bytes() == b"<qgis/>"


def test_another_raster_of_the_same_name_keeps_its_looks(image, tmp_path):
    from cloudmamba_qgis.layers import style
    from cloudmamba_qgis.layers.scene_style import write_class_style
    from osgeo import gdal

    gdal.Translate(str(tmp_path / "scene.img"), str(image), format="HFA")
    looks = type(layer_of(tmp_path / "scene.img").renderer())
    mask = tmp_path / "scene.tif"
    mask.write_bytes(image.read_bytes())
    assert style.write_sidecar(mask, "mask"), "the layer in the project has our style"
    write_class_style(mask, [(1, "one")])
    assert not mask.with_suffix(".qml").exists()
    assert type(layer_of(tmp_path / "scene.img").renderer()) is looks
    mask.with_suffix(".qml").write_bytes(b"<qgis/>")
    assert style.write_sidecar(mask, "mask")
    assert mask.with_suffix(".qml").read_bytes() == b"<qgis/>"


def test_other_files_of_the_same_name_do_without_the_style(image, tmp_path):
    from cloudmamba_qgis.layers import style
    from osgeo import ogr

    mask = tmp_path / "scene [1].tif"
    mask.write_bytes(image.read_bytes())
    for name, content in (
        ("scene [1].tfw", "10\n0\n0\n-10\n500005\n4999995\n"),
        ("scene [1].tif.aux.xml", "<PAMDataset></PAMDataset>"),
        ("scene [1].json", '{"type": "Feature", "stac_version": "1.0.0"}'),
        ("scene [1].qmd", "<qgis/>"),
        ("scene [1].img.tif", "another name"),
    ):
        (tmp_path / name).write_text(content)
    ogr.GetDriverByName("GPKG").CreateDataSource(str(mask.with_suffix(".gpkg"))).CreateLayer("a")
    assert style.write_sidecar(mask, "mask") and mask.with_suffix(".qml").exists()


def test_a_file_in_use_is_told_before_the_work(tmp_path, monkeypatch):
    import os

    from cloudmamba_qgis.rasters.files import replacing
    from qgis.core import QgsProcessingException

    path = tmp_path / "mask.tif"
    path.write_bytes(b"before")

    def refuse(*_):
        raise PermissionError("in use")  # as Windows does

    monkeypatch.setattr(os, "rename", refuse)
    with (
        pytest.raises(QgsProcessingException, match="cannot be replaced: close the programs"),
        replacing(str(path), []),
    ):
        pytest.fail("the work began")
    assert path.read_bytes() == b"before" and list(tmp_path.iterdir()) == [path]


def test_a_layer_in_memory_is_refused(image):
    from cloudmamba_qgis.layers.source import UnusableSource, gdal_source
    from osgeo import gdal

    gdal.FileFromMemBuffer("/vsimem/image.tif", image.read_bytes())
    try:
        with pytest.raises(UnusableSource, match="'Kept' lies in the memory of QGIS alone"):
            gdal_source(layer_of("/vsimem/image.tif", "Kept"))
    finally:
        gdal.Unlink("/vsimem/image.tif")


def test_a_free_path_is_no_layer_of_the_project_even_if_its_file_is_gone(project, tmp_path, image):
    from cloudmamba_qgis.layers.result_files import free_path
    from qgis.core import QgsRasterLayer

    first = free_path(tmp_path, "mask")
    first.write_bytes(image.read_bytes())
    project.addMapLayer(QgsRasterLayer(str(first), "mask"))
    first.unlink()
    assert free_path(tmp_path, "mask").name == "mask (2).tif"
