"""Cloud cover of areas by date, in QGIS."""

import csv
from datetime import date

import numpy as np
import pytest
from processing_helpers import Feedback, run_algorithm
from qgis.PyQt.QtCore import QCoreApplication, Qt
from raster_files import UTM, corrected_layer, tag_raster, write_raster
from vector_files import features, zones_layer


@pytest.fixture(autouse=True)
def _loaded(plugin):
    """The plugin's algorithms are there."""


def rectangle(left, top, columns, rows):
    """Of pixels of the rasters, as WKT."""
    x, y = UTM[0] + 10 * left, UTM[3] - 10 * top
    right, bottom = x + 10 * columns, y - 10 * rows
    return f"Polygon(({x} {y}, {right} {y}, {right} {bottom}, {x} {bottom}, {x} {y}))"


@pytest.fixture
def archive(tmp_path):
    """Masks of four days: a field to the left, one to the right, which a second tile has half of."""
    folder = tmp_path / "archive"
    folder.mkdir()
    clear = np.zeros((20, 40), np.uint8)
    cloudy, shady, half = clear.copy(), clear.copy(), clear.copy()
    cloudy[:, :20] = 1
    shady[:5, :10] = 2
    half[:, 30:] = 255
    right = (UTM[0] + 300, 10, 0, UTM[3], 0, -10)
    write_raster(folder / "a_20240101_mask.tif", cloudy, 255)
    write_raster(folder / "b_20240111_mask.tif", shady, 255)
    write_raster(folder / "c_20240121_mask.tif", half, 255)
    write_raster(folder / "d_20240121_mask.tif", np.ones((20, 10), np.uint8), 255, right)
    write_raster(folder / "e_20240310_mask.tif", clear, 255)
    return folder


@pytest.fixture
def fields():
    return zones_layer(rectangle(0, 0, 10, 10), rectangle(25, 0, 10, 10))


def count(fields, tmp_path, feedback=None, **parameters):
    given = {"AREAS": fields, "NAME_FIELD": "name", "OUTPUT": str(tmp_path / "by_date.gpkg")}
    return run_algorithm("areasbydate", {**given, **parameters}, feedback)


def table(found):
    """(clear, cloud, shadow, no data) by area and day."""
    return {
        (row["area"], row["date"].toPyDate().isoformat()): tuple(
            round(row[f"{kind}_percent"]) for kind in ("clear", "cloud", "shadow", "no_data")
        )
        for row, _ in features(found["OUTPUT"])
    }


def test_each_area_on_each_day(fields, archive, tmp_path):
    feedback = Feedback()
    found = count(fields, tmp_path, feedback, FOLDER=str(archive), TABLE=str(tmp_path / "t.csv"))
    rows = table(found)
    assert rows == {
        ("zone 1", "2024-01-01"): (0, 100, 0, 0),
        ("zone 2", "2024-01-01"): (100, 0, 0, 0),
        ("zone 1", "2024-01-11"): (50, 0, 50, 0),
        ("zone 2", "2024-01-11"): (100, 0, 0, 0),
        ("zone 1", "2024-01-21"): (100, 0, 0, 0),
        ("zone 2", "2024-01-21"): (50, 50, 0, 0),
        ("zone 1", "2024-03-10"): (100, 0, 0, 0),
        ("zone 2", "2024-03-10"): (100, 0, 0, 0),
    }
    assert (found["DAYS"], found["BEST_DATE"]) == (4, "2024-03-10")
    assert found["LONGEST_GAP_DAYS"] == 59  # of the right one, 11 January to 10 March
    assert any(line.startswith("zone 1: clearest on 2024-03-10 (100 %)") for line in feedback.info)
    with open(found["TABLE"], newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 8
    assert lines[0]["date"] == "2024-01-01" and float(lines[0]["cloud_percent"]) == 100
    first = {(row["area"], row["date"]): row for row in lines}["zone 1", "2024-01-11"]
    assert (first["usable"], first["rank"]) == ("0", "3")
    assert first["scenes"] == "b_20240111_mask.tif"


def test_shadow_counts_as_clear_if_wanted(fields, archive, tmp_path):
    rows = table(count(fields, tmp_path, FOLDER=str(archive), SHADOW=False))
    assert rows["zone 1", "2024-01-11"] == (100, 0, 0, 0)


def test_areas_in_degrees_and_beyond_the_masks(archive, tmp_path):
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsGeometry,
        QgsProject,
    )

    shapes = [rectangle(-10, 0, 20, 10), rectangle(500, 500, 10, 10)]
    utm, degrees = map(QgsCoordinateReferenceSystem, ("EPSG:32633", "EPSG:4326"))
    transform = QgsCoordinateTransform(utm, degrees, QgsProject.instance())
    geometries = [QgsGeometry.fromWkt(shape) for shape in shapes]
    for geometry in geometries:
        geometry.transform(transform)
    areas = zones_layer(*(geometry.asWkt(12) for geometry in geometries), crs="EPSG:4326")
    rows = table(count(areas, tmp_path, FOLDER=str(archive)))
    assert rows["zone 1", "2024-01-01"] == (0, 50, 0, 50)
    assert rows["zone 2", "2024-01-01"] == (0, 0, 0, 100)


def test_an_area_across_two_tiles_that_only_touch_is_seen_whole(tmp_path):
    tile, right = np.zeros((20, 20), np.uint8), (UTM[0] + 200, 10, 0, UTM[3], 0, -10)
    masks = [
        write_raster(tmp_path / "a_20240121_mask.tif", tile, 255),
        write_raster(tmp_path / "b_20240121_mask.tif", tile + 1, 255, right),
    ]
    found = count(zones_layer(rectangle(15, 0, 10, 10)), tmp_path, MASKS=masks)
    assert table(found) == {("zone 1", "2024-01-21"): (50, 50, 0, 0)}


def test_exactly_as_clear_as_wanted_is_usable(fields, archive, tmp_path):
    found = count(fields, tmp_path, FOLDER=str(archive), LEAST_CLEAR=50)
    clear = [(row["clear_percent"], row["usable"]) for row, _ in features(found["OUTPUT"])]
    assert (50, 1) in clear and (50, 0) not in clear


def test_a_list_and_an_area_without_a_name(fields, archive, tmp_path):
    listed = archive / "list.csv"
    listed.write_text("scene\na_20240101_mask.tif\n\ne_20240310_mask.tif\n", encoding="utf-8")
    rows = table(count(fields, tmp_path, LIST=str(listed), NAME_FIELD=None))
    assert {area for area, _ in rows} == {"1", "2"}
    assert {day for _, day in rows} == {"2024-01-01", "2024-03-10"}


@pytest.mark.parametrize("content", [b"scene\n\xff\n", b"scene\n" + b"x" * 200_000 + b"\n"])
def test_a_list_that_is_no_table_is_a_sentence(plugin, tmp_path, content):
    from cloudmamba_qgis.rasters.scene_files import read_list
    from qgis.core import QgsProcessingException

    listed = tmp_path / "list.csv"
    listed.write_bytes(content)
    with pytest.raises(QgsProcessingException, match="cannot be read"):
        read_list(str(listed))


def test_scenes_are_detected_where_the_areas_are(fake_engine, image, tmp_path, monkeypatch):
    """The engine gets a part of the scene with a margin on all sides; its mask is all cloud."""
    import json

    from osgeo import gdal

    wide = tmp_path / "wide_20240505.tif"
    gdal.Translate(str(wide), str(image), width=4000, height=3000)
    record = tmp_path / "record.json"
    cuts, translate = [], gdal.Translate
    monkeypatch.setattr(
        gdal, "Translate", lambda *to, **how: cuts.append(how["srcWin"]) or translate(*to, **how)
    )
    x, y = 500000 + 300, 5000000 - 200
    area = f"Polygon(({x} {y}, {x + 10} {y}, {x + 10} {y - 10}, {x} {y - 10}, {x} {y}))"
    found = count(zones_layer(area), tmp_path, SCENES=[str(wide)], RADIOMETRY="picture")
    assert table(found) == {("zone 1", "2024-05-05"): (0, 100, 0, 0)}
    request = json.loads(record.read_text())["request"]
    assert request["input_path"].endswith("wide_20240505.vrt")
    assert cuts == [[3000 - 128, 2000 - 128, 100 + 256, 100 + 256]]


@pytest.mark.parametrize("epsg", [None, 32634])
@pytest.mark.parametrize("kind", ["MASKS", "SCENES"])
def test_areas_are_counted_where_the_user_has_put_the_layers(fake_engine, tmp_path, kind, epsg):
    values = np.ones((1 if kind == "MASKS" else 3, 30, 40), np.uint8)
    path = write_raster(tmp_path / "a_20240121.tif", values, 255, epsg=epsg)
    feedback = Feedback()
    layer = corrected_layer(path)
    found = count(zones_layer(rectangle(5, 5, 10, 10)), tmp_path, feedback, **{kind: [layer]})
    assert table(found) == {("zone 1", "2024-01-21"): (0, 100, 0, 0)}
    assert [row["scenes"] for row, _ in features(found["OUTPUT"])] == ["a_20240121.tif"]
    assert not any("meets" in warning for warning in feedback.warnings)


def test_areas_beside_all_masks_are_told(archive, tmp_path):
    feedback = Feedback()
    areas = zones_layer(rectangle(0, 0, 10, 10), rectangle(500, 500, 10, 10))
    count(areas, tmp_path, feedback, FOLDER=str(archive))
    [warning] = feedback.warnings
    assert warning.startswith("No mask or scene meets 1 of the areas, such as 'zone 2': check")


def test_each_line_of_a_list_has_its_own_bands(fake_engine, image, fields, tmp_path):
    """Spreadsheets put spaces around the headings."""
    import json
    import shutil

    scene = shutil.copy(image, tmp_path / "scene_20240505.tif")
    listed = tmp_path / "list.csv"
    listed.write_text(f' scene , bands, radiometry \n{scene},"3,2,1", picture\n')
    count(fields, tmp_path, LIST=str(listed), BANDS="1,2,3", RADIOMETRY="sentinel2")
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert (request["bands"], request["radiometry"]) == ("3,2,1", "picture")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("scene,bands\na.tif,3,2,1\n", "Line 2 of the list .* has more cells"),
        ("scene,bands\na.tif,\na.tif,1\n", "'a.tif' is listed twice with different settings"),
    ],
)
def test_a_list_that_could_be_misread_is_refused(tmp_path, lines, reason):
    from cloudmamba_qgis.rasters.scene_files import read_list
    from qgis.core import QgsProcessingException

    (tmp_path / "a.tif").write_text("")
    listed = tmp_path / "list.csv"
    listed.write_text(lines)
    with pytest.raises(QgsProcessingException, match=reason):
        read_list(str(listed))


def test_paths_of_a_list_lie_in_its_folder_else_in_the_current_one(tmp_path, monkeypatch):
    from cloudmamba_qgis.rasters.scene_files import ListedScene, read_list
    from qgis.core import QgsProcessingException

    here, there = tmp_path / "here", tmp_path / "there"
    for folder, names in ((here, "ab"), (there, "bc")):
        folder.mkdir()
        for name in names:
            (folder / name).write_text("")
    listed = there / "list.txt"
    listed.write_text("a\n# b and c are beside the list\nb\nc\nc\n")
    monkeypatch.chdir(here)
    assert read_list(str(listed)) == [
        ListedScene(here / "a"), ListedScene(there / "b"), ListedScene(there / "c")
    ]  # fmt: skip
    listed.write_text("d\n")
    with pytest.raises(QgsProcessingException, match="there/d' of the list"):
        read_list(str(listed))


def test_two_masks_of_one_image_are_told(fields, archive, tmp_path):
    """As one and its reviewed version, which may lie in another folder."""
    first, second = archive / "c_20240121_mask.tif", archive / "d_20240121_mask.tif"
    for mask in (first, second):
        tag_raster(mask, SOURCE="c_20240121.tif")
    feedback = Feedback()
    count(fields, tmp_path, feedback, FOLDER=str(archive))
    [warning] = feedback.warnings
    assert warning == (
        "Several masks of 2024-01-21 were made of 'c_20240121.tif', and the first one counts: "
        f"{first.name}, {second.name}."
    )


def test_tiles_side_by_side_may_have_one_name(fields, archive, tmp_path):
    """As scene.tif in a folder for each tile; they overlap a little."""
    (archive / "d_20240121_mask.tif").unlink()
    right = (UTM[0] + 320, 10, 0, UTM[3], 0, -10)
    tile = write_raster(archive / "d_20240121_mask.tif", np.ones((20, 40), np.uint8), 255, right)
    for mask in (archive / "c_20240121_mask.tif", tile):
        tag_raster(mask, SOURCE="scene.tif")
    feedback = Feedback()
    count(fields, tmp_path, feedback, FOLDER=str(archive))
    assert not feedback.warnings


def test_one_day_without_a_usable_one_is_one_day(fields, archive, tmp_path):
    for name in ("a_20240101", "c_20240121", "d_20240121"):
        (archive / f"{name}_mask.tif").unlink()
    (archive / "e_20240310_mask.tif").rename(archive / "e_20240112_mask.tif")
    feedback = Feedback()
    count(fields, tmp_path, feedback, FOLDER=str(archive))
    expected = "zone 2: longest time between usable dates 1 day, 2024-01-11 to 2024-01-12"
    assert expected in feedback.info


def test_what_has_no_day_is_left_out_and_told(fields, archive, tmp_path):
    from qgis.core import QgsProcessingException

    mask = archive / "e_20240310_mask.tif"
    mask.rename(archive / "e_mask.tif")
    feedback = Feedback()
    rows = table(count(fields, tmp_path, feedback, FOLDER=str(archive)))
    assert {day for _, day in rows} == {"2024-01-01", "2024-01-11", "2024-01-21"}
    assert any("'e_mask.tif' was taken is not known" in line for line in feedback.warnings)
    with pytest.raises(QgsProcessingException, match="Nothing that was given has a day"):
        count(fields, tmp_path, MASKS=[str(archive / "e_mask.tif")])


def test_areas_of_one_name_are_refused(fields, archive, tmp_path):
    from qgis.core import QgsProcessingException

    with pytest.raises(QgsProcessingException, match="Several areas are called 'mine'"):
        count(fields, tmp_path, FOLDER=str(archive), NAME_FIELD="cloud_percent")


def test_one_kind_of_source_and_no_more(fields, archive, tmp_path):
    from qgis.core import QgsProcessingException

    for given in ({}, {"FOLDER": str(archive), "MASKS": [str(archive / "e_20240310_mask.tif")]}):
        with pytest.raises(QgsProcessingException, match="Give layers"):
            count(fields, tmp_path, **given)


def test_the_loaded_layer_goes_by_date(fields, archive, tmp_path):
    from cloudmamba_qgis.layers.area_layer import show_by_date
    from qgis.core import QgsVectorLayer

    layer = QgsVectorLayer(count(fields, tmp_path, FOLDER=str(archive))["OUTPUT"])
    show_by_date(layer)
    temporal = layer.temporalProperties()
    assert temporal.isActive() and temporal.startField() == "date"
    assert layer.renderer().classAttribute() == "clear_percent"


def test_a_shapefile_goes_by_date_too(fields, archive, tmp_path):
    """It cuts the names of fields."""
    from cloudmamba_qgis.layers.area_layer import show_by_date
    from qgis.core import QgsExpressionContext, QgsRenderContext, QgsVectorLayer

    output = str(tmp_path / "by_date.shp")
    layer = QgsVectorLayer(count(fields, tmp_path, FOLDER=str(archive), OUTPUT=output)["OUTPUT"])
    show_by_date(layer)
    assert layer.temporalProperties().startField() == "date"
    context, renderer = QgsRenderContext(), layer.renderer()
    context.setExpressionContext(QgsExpressionContext())
    renderer.startRender(context, layer.fields())
    shown = [renderer.willRenderFeature(feature, context) for feature in layer.getFeatures()]
    renderer.stopRender(context)
    assert len(shown) == 8 and all(shown)


@pytest.mark.parametrize(
    ("clear", "least", "expected"),
    [
        ((90, 10, 90, 10, 10, 90), 80, [("03", "06", 3), ("01", "03", 2)]),
        ((10, 10, 90), 80, [("01", "03", 2)]),
        ((80, 80, 10), 80, [("01", "02", 1), ("02", "03", 1)]),
        ((10, 10, 10), 80, [("01", "03", 2)]),
        ((90,), 80, []),
        ((), 80, []),
    ],
)
def test_gaps(clear, least, expected):
    from cloudmamba_qgis.rasters.area_series import Observation, gaps

    series = [
        Observation("a", date(2024, 1, day), percent, 100 - percent, 0, 0)
        for day, percent in enumerate(clear, 1)
    ]
    found = [(f"{one.first.day:02}", f"{one.last.day:02}", one.days) for one in gaps(series, least)]
    assert found[: len(expected)] == expected and bool(found) == bool(expected)


@pytest.fixture
def page(window, project, archive, fields):
    """The page in a project of the fields and the masks."""
    from cloudmamba_qgis.gui.areas.page import AreasPage
    from qgis.core import QgsRasterLayer, QgsTemporalNavigationObject

    fields.setName("Fields")
    project.addMapLayer(fields)
    for path in sorted(archive.iterdir()):
        layer = QgsRasterLayer(str(path), path.stem)
        layer.loadNamedStyle(style("mask"))
        project.addMapLayer(layer)
    window.canvas.setTemporalController(QgsTemporalNavigationObject(window.canvas))
    page = AreasPage(window)
    page.resize(340, 900)
    page.show()
    yield page
    page.close_for_good()
    page.deleteLater()


def style(name):
    from cloudmamba_qgis.resource_files import style_path

    return style_path(name)


def click(qtbot, button):

    assert button.isVisible() and button.isEnabled()
    qtbot.mouseClick(button)


def count_on(qtbot, page):
    page.names.setField("name")
    click(qtbot, page.run_button)
    qtbot.waitUntil(lambda: page.run_button.isVisible())


def test_the_page_counts_and_shows(page, tmp_path, qtbot):

    count_on(qtbot, page)
    assert page.note.text == ""
    assert [page.area.itemText(row) for row in range(page.area.count())] == ["zone 1", "zone 2"]
    assert page.told.text() == (
        "Usable: 2 of 4 days. Best: 2024-03-10 (100 %), 2024-01-21 (100 %). "
        "Longest gap: 49 days, 2024-01-21 to 2024-03-10."
    )
    rows = [[page.table.item(r, c).text() for c in range(5)] for r in range(page.table.rowCount())]
    assert rows[1] == ["2024-01-11", "50 %", "0 %", "50 %", "0 %"]
    page.least_clear.setValue(50)
    assert page.told.text().startswith("Usable: 3 of 4 days.")
    page.area.setCurrentText("zone 2")
    assert page.table.item(2, 2).text() == "50 %"
    bar = page.chart.bar_of(date(2024, 1, 21))
    qtbot.mouseClick(page.chart, pos=bar.center().toPoint())
    assert page.table.selectedItems()[0].text() == "2024-01-21"
    page.save_table(str(tmp_path / "saved.csv"))
    with open(tmp_path / "saved.csv", newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 8


def test_the_chart_is_drawn_in_its_colours(page, qtbot):
    """In a bar clear lies below and cloud above."""
    from cloudmamba_qgis.gui.areas.chart import CLEAR_COLOUR, CLOUD_COLOUR, SHADOW_COLOUR

    count_on(qtbot, page)
    picture = page.chart.grab().toImage()

    def colour(day, share):
        bar = page.chart.bar_of(day)
        return picture.pixelColor(
            round(bar.center().x()), round(bar.bottom() - share * bar.height())
        ).name()

    assert colour(date(2024, 1, 1), 0.6) == CLOUD_COLOUR.name()
    assert colour(date(2024, 1, 11), 0.25) == CLEAR_COLOUR.name()
    assert colour(date(2024, 1, 11), 0.9) == SHADOW_COLOUR.name()


def show_by_date(qtbot, page):
    page.note.say("")
    click(qtbot, page.time_button)
    qtbot.waitUntil(lambda: page.note.text)


def test_the_temporal_controller_goes_from_day_to_day(page, project, qtbot):
    count_on(qtbot, page)
    show_by_date(qtbot, page)
    [areas] = project.mapLayersByName("Areas by date")
    assert areas.temporalProperties().isActive()
    masks = [layer for layer in project.mapLayers().values() if layer.name().endswith("_mask")]
    begins = {
        mask.temporalProperties().fixedTemporalRange().begin().date().toPyDate() for mask in masks
    }
    assert begins == {date(2024, 1, 1), date(2024, 1, 11), date(2024, 1, 21), date(2024, 3, 10)}
    controller = page._iface.mapCanvas().temporalController()
    assert controller.totalFrameCount() == 4
    assert controller.dateTimeRangeForFrameNumber(1).begin().date().toPyDate() == date(2024, 1, 11)
    assert "4 days; 5 layers" in page.note.text
    ranges = [mask.temporalProperties().fixedTemporalRange() for mask in masks]
    ranges.append(controller.dateTimeRangeForFrameNumber(0))
    for one in ranges:  # QGIS's own dialogs know no other
        assert one.begin().timeSpec() == one.end().timeSpec() == Qt.TimeSpec.UTC


def test_only_layers_that_were_counted_get_a_time(page, project, archive, qtbot):
    """Whatever is ticked since, and though the file of one is gone."""
    [left] = page.layers.findItems("a_20240101_mask", Qt.MatchFlag.MatchExactly)
    left.setCheckState(Qt.CheckState.Unchecked)
    count_on(qtbot, page)
    left.setCheckState(Qt.CheckState.Checked)
    (archive / "b_20240111_mask.tif").unlink()
    [removed] = project.mapLayersByName("c_20240121_mask")
    project.removeMapLayer(removed.id())
    show_by_date(qtbot, page)
    assert "3 days; 2 layers" in page.note.text
    timed = {one.name() for one in project.mapLayers().values() if has_time(one)}
    assert timed == {"Areas by date", "d_20240121_mask", "e_20240310_mask"}


def has_time(layer):
    return layer.temporalProperties().isActive()


def test_the_day_of_a_mask_that_is_moved_in_the_panel_is_that_of_its_image(
    page, project, tmp_path, qtbot
):
    """Its file says nothing of itself."""
    from cloudmamba_qgis.layers.provenance import describe_layer
    from qgis.core import QgsRasterLayer

    project.removeMapLayers([one.id() for one in project.mapLayers().values() if is_raster(one)])
    path = write_raster(tmp_path / "live mask.tif", np.zeros((20, 40), np.uint8), 255)
    mask = QgsRasterLayer(path, "moved")
    mask.loadNamedStyle(style("mask"))
    describe_layer(mask, {"SOURCE": "scene_20240505.tif"})
    project.addMapLayer(mask)
    qtbot.waitUntil(lambda: ticked(page) == {"moved"})
    count_on(qtbot, page)
    assert [one.day for one in page.observations["zone 1"]] == [date(2024, 5, 5)]
    show_by_date(qtbot, page)
    begin = mask.temporalProperties().fixedTemporalRange().begin()
    assert begin.date().toPyDate() == date(2024, 5, 5)


def is_raster(layer):
    from qgis.core import QgsRasterLayer

    return isinstance(layer, QgsRasterLayer)


@pytest.mark.parametrize("replaces", [False, True])
def test_a_table_without_an_ending_replaces_nothing_unasked(page, tmp_path, qtbot, replaces):
    from clicking import answer_save_dialog

    count_on(qtbot, page)
    saved = tmp_path / "results.csv"
    saved.write_text("mine")
    asked = answer_save_dialog(str(tmp_path / "results"), replaces)
    click(qtbot, page.save_button)
    assert asked and "results.csv" in asked[0]
    assert (saved.read_text() == "mine") is not replaces
    assert not (tmp_path / "results").exists()


def test_a_table_that_cannot_be_written_leaves_the_one_of_before(page, tmp_path, qtbot):
    count_on(qtbot, page)
    saved = tmp_path / "results.csv"
    saved.write_text("mine")
    page.observations["zone 1"] = [None]
    with pytest.raises(AttributeError):
        page.save_table(str(saved))
    assert saved.read_text() == "mine"
    page.save_table(str(tmp_path / "nowhere" / "results.csv"))
    assert "nowhere" in page.note.text


def test_a_project_that_is_opened_is_listed_once(page, project, archive, monkeypatch, qtbot):
    from qgis.core import QgsRasterLayer

    listed = []
    list_layers = page._list_layers
    monkeypatch.setattr(page, "_list_layers", lambda: listed.append(list_layers()))

    def add_and_hide():
        for number in range(5):
            layer = QgsRasterLayer(str(archive / "e_20240310_mask.tif"), f"e {number}")
            project.addMapLayer(layer)
            project.layerTreeRoot().findLayer(layer.id()).setItemVisibilityChecked(False)

    add_and_hide()
    assert not listed
    QCoreApplication.processEvents()
    assert len(listed) == 1
    page.hide()
    add_and_hide()
    QCoreApplication.processEvents()
    assert len(listed) == 1, "nobody looks"
    page.show()
    assert page.layers.count() == 15


def test_what_is_missing_is_said(page, project):
    project.removeMapLayers([layer.id() for layer in project.mapLayersByName("Fields")])
    assert not page.run_button.isEnabled()
    assert page.run_button.toolTip() == "Add a layer of polygons to the project."


def test_new_masks_are_chosen_and_other_results_are_not_offered(page, project, tmp_path):
    from osgeo import gdal
    from qgis.core import QgsRasterLayer
    from raster_files import write_raster

    before = page.layers.count()
    for name in ("cloud mask", "uncertainty"):
        path = write_raster(tmp_path / f"{name}.tif", np.zeros((4, 4), np.uint8), 255)
        raster = gdal.Open(path, gdal.GA_Update)
        raster.GetRasterBand(1).SetDescription(name)
        raster = None
        project.addMapLayer(QgsRasterLayer(path, name))  # not styled yet
    QCoreApplication.processEvents()
    (item,) = page.layers.findItems("cloud mask", Qt.MatchFlag.MatchExactly)
    assert item.checkState() == Qt.CheckState.Checked
    assert page.layers.count() == before + 1


def ticked(page):
    QCoreApplication.processEvents()  # layers that came or went are listed together
    items = [page.layers.item(row) for row in range(page.layers.count())]
    return {item.text() for item in items if item.checkState() == Qt.CheckState.Checked}


def test_masks_that_are_shown_are_ticked_until_the_user_says_otherwise(page, project):
    """Of a mask and its reviewed version one is shown."""

    masks = {"a_20240101_mask", "b_20240111_mask", "c_20240121_mask", "d_20240121_mask"}
    assert ticked(page) == masks | {"e_20240310_mask"}
    root = project.layerTreeRoot()

    def show(name, is_shown):
        [layer] = project.mapLayersByName(name)
        root.findLayer(layer.id()).setItemVisibilityChecked(is_shown)

    show("e_20240310_mask", False)
    assert ticked(page) == masks
    [item] = page.layers.findItems("a_20240101_mask", Qt.MatchFlag.MatchExactly)
    item.setCheckState(Qt.CheckState.Unchecked)
    show("a_20240101_mask", False)
    show("a_20240101_mask", True)
    show("e_20240310_mask", True)
    assert ticked(page) == masks - {"a_20240101_mask"} | {"e_20240310_mask"}


def test_previews_are_not_offered(page, project, preview, window, add_layer, qtbot):
    before = page.layers.count()
    layer = add_layer()
    window.active = layer
    window.canvas.show()
    window.canvas.setDestinationCrs(layer.crs())
    window.canvas.setExtent(layer.extent())
    preview.preview_active()
    qtbot.waitUntil(lambda: project.mapLayersByName("Preview: Scene"))
    assert page.layers.count() == before + 1, "the image"
    assert "Preview: Scene" not in ticked(page)


def test_images_are_masked_with_what_is_chosen_in_the_panel(
    page, fake_engine, image, project, tmp_path, qtbot
):
    import json
    import shutil

    from cloudmamba_qgis.settings import DEVICE, MODEL
    from qgis.core import QgsRasterLayer

    scene = shutil.copy(image, tmp_path / "scene_20240505.tif")
    project.addMapLayer(QgsRasterLayer(str(scene), "scene"))
    QCoreApplication.processEvents()
    [item] = page.layers.findItems("scene", Qt.MatchFlag.MatchExactly)
    item.setCheckState(Qt.CheckState.Checked)
    MODEL.set("my-model")
    DEVICE.set("cpu")
    try:
        count_on(qtbot, page)
    finally:
        MODEL.forget()
        DEVICE.forget()
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert (request["model"], request["device"]) == ("my-model", "cpu")


def test_no_heading_of_the_table_is_cut(page, qtbot):
    """Those of German are longer."""
    count_on(qtbot, page)
    page.resize(345, 900)
    page.table.setHorizontalHeaderLabels(["Datum", "Klar", "Wolke", "Schatten", "Keine Daten"])
    header = page.table.horizontalHeader()
    for column in range(header.count()):
        assert header.sectionSize(column) >= header.sectionSizeHint(column)


@pytest.mark.parametrize(
    ("days", "gap"), [((1, 2), "1 day, 2024-01-01"), ((1, 3), "2 days, 2024-01-01")]
)
def test_the_longest_gap_in_words(days, gap):
    from cloudmamba_qgis.gui.areas.page import told
    from cloudmamba_qgis.rasters.area_series import Observation

    series = [Observation("a", date(2024, 1, day), 100, 0, 0, 0) for day in days]
    assert f"Longest gap: {gap} to " in told(series, 80)


def test_the_page_is_narrow(page, qtbot):
    count_on(qtbot, page)
    assert page.minimumSizeHint().width() <= 340


def test_a_failure_is_told(page, archive, qtbot):
    page.source.setCurrentIndex(1)
    for path in archive.iterdir():
        path.unlink()
    page.folder.setFilePath(str(archive))
    count_on(qtbot, page)
    assert "has no rasters" in page.note.text
