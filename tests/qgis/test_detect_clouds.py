"""The algorithm in a real QGIS, with the fake engine."""

import json
import os
import threading
import zipfile

import pytest
from processing_helpers import Feedback, names, run


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results of today"
    folder.mkdir()
    return folder


@pytest.fixture
def parameters(image, results):
    return {
        "INPUT": str(image),
        "OUTPUT": str(results / "mask.tif"),
        "UNCERTAINTY": str(results / "uncertainty.tif"),
    }


def test_results_numbers_and_log(fake_engine, parameters, results):
    feedback = Feedback()
    found = run(parameters, feedback)
    summary = json.loads(found.pop("SUMMARY"))
    assert summary["model"] == "fake" and summary["bands"]["reason"] == "made up"
    assert summary["warnings"] == ["The bands were guessed."]
    assert found == {
        "OUTPUT": parameters["OUTPUT"],
        "UNCERTAINTY": parameters["UNCERTAINTY"],
        "CLOUD_PERCENT": 12.5,
        "SHADOW_PERCENT": None,
        "VALID_PERCENT": 80.0,
        "MEAN_UNCERTAINTY": 0.25,
        "DEVICE": "Fake device",
    }
    assert names(results) == ["mask.qml", "mask.tif", "uncertainty.qml", "uncertainty.tif"]
    assert feedback.progress[:4] == [25, 50, 75, 100]
    assert feedback.warnings == ["Only three bands.", "The bands were guessed."]
    assert "Bands: blue 1, green 2, red 3 (likely: made up)" in feedback.info


def test_every_parameter_reaches_the_engine(fake_engine, parameters, results, tmp_path):
    model = tmp_path / "own.safetensors"
    model.write_bytes(b"weights")
    run(
        {
            **parameters,
            "PROBABILITY": str(results / "probability.tif"),
            "STAGES": str(results / "stages.tif"),
            "BANDS": " 4,3,2,1 ",
            "RADIOMETRY": "scale:0.0001,-0.1",
            "DEVICE": "cpu",
            "COARSE_THRESHOLD": 0.4,
            "REFINED_THRESHOLD": 0.6,
            "ACCEPTANCE_THRESHOLD": 0.0,
            "MODEL": str(model),
            "KEEP_FILL": True,
            "LOOK_FIRST": True,
            "PIXEL_SIZE": 10,
            "SHADOW": 1,
            "SHADOW_PROBABILITY": str(results / "shadow.tif"),
        }
    )
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request.pop("type") == "detect" and request.pop("id")
    assert "UTM zone 33N" in request.pop("crs")
    assert request == {
        "input_path": parameters["INPUT"],
        "mask_path": parameters["OUTPUT"],
        "uncertainty_path": parameters["UNCERTAINTY"],
        "probability_path": str(results / "probability.tif"),
        "stages_path": str(results / "stages.tif"),
        "bands": "4,3,2,1",
        "radiometry": "scale:0.0001,-0.1",
        "device": "cpu",
        "coarse_threshold": 0.4,
        "refined_threshold": 0.6,
        "acceptance_threshold": 0.0,
        "model": str(model),
        "keep_fill": True,
        "look_first": True,
        "gsd_m": 10.0,
        "shadow_in_mask": True,
        "shadow_path": str(results / "shadow.tif"),
    }


def test_a_product_is_masked_without_a_layer(fake_engine, parameters, image, tmp_path, monkeypatch):
    monkeypatch.chdir(image.parent)
    found = run({"PRODUCT": image.name, "OUTPUT": parameters["OUTPUT"]})
    assert os.path.isfile(found["OUTPUT"])
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["input_path"] == str(image)


def test_bands_in_layers_of_their_own_are_one_image(fake_engine, parameters, image, tmp_path):
    from osgeo import gdal

    bands = [str(image.parent / f"B0{number}.tif") for number in (4, 3, 2)]
    for number, band in enumerate(bands, start=1):
        gdal.Translate(band, str(image), bandList=[number])
    results = {name: str(tmp_path / f"{name}.tif") for name in ("OUTPUT", "PRODUCT_MASK")}
    found = run({"BAND_LAYERS": bands, "RESOLUTION": 20, **results})
    assert all(os.path.isfile(found[name]) for name in results)
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert [request["input_path"], *request["band_paths"]] == bands
    assert request["resolution_m"] == 20
    assert request["product_mask_path"] == results["PRODUCT_MASK"]


def test_a_folder_without_a_dot_is_a_product(fake_engine, parameters, tmp_path):
    from qgis.core import QgsApplication, QgsProcessingContext

    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:detectclouds")
    (tmp_path / "LC08_L1TP").mkdir()
    for product in (tmp_path / "LC08_L1TP", tmp_path):
        given = {"PRODUCT": str(product), "OUTPUT": parameters["OUTPUT"]}
        assert algorithm.checkParameterValues(given, QgsProcessingContext())[0]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        ({"BAND_LAYERS": ["here", "here"]}, "three layers or more"),
        ({"BAND_LAYERS": ["here"] * 3, "PRODUCT": "here"}, "or bands in layers of their own"),
        ({}, "either a satellite image or a product"),
        ({"PRODUCT": "here", "INPUT": "here"}, "either a satellite image or a product"),
        ({"PRODUCT": "nowhere.SAFE"}, "no product 'nowhere.SAFE'"),
    ],
)
def test_an_image_or_a_product_is_needed(fake_engine, parameters, image, inputs, words):
    """Nobody checks the steps of a model but they themselves."""
    from qgis.core import (
        QgsApplication,
        QgsProcessingContext,
        QgsProcessingException,
        QgsProcessingFeedback,
    )

    given = {
        key: [str(image)] * len(value)
        if isinstance(value, list)
        else (str(image) if value == "here" else value)
        for key, value in inputs.items()
    }
    given["OUTPUT"] = parameters["OUTPUT"]
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:detectclouds")
    context = QgsProcessingContext()
    accepted, message = algorithm.checkParameterValues(given, context)
    assert not accepted and words in message
    with pytest.raises(QgsProcessingException, match=words):
        algorithm.prepareAlgorithm(given, context, QgsProcessingFeedback())


def test_relative_archives_count_from_the_folder_of_qgis(
    fake_engine, parameters, image, tmp_path, monkeypatch
):
    with zipfile.ZipFile(image.parent / "packed.zip", "w") as archive:
        archive.write(image, "image.tif")
    monkeypatch.chdir(image.parent)
    run({"INPUT": "packed.zip", "OUTPUT": parameters["OUTPUT"]})
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["input_path"].startswith(f"/vsizip/{image.parent}/packed.zip")


def test_defaults_leave_the_choice_to_the_engine(fake_engine, parameters, tmp_path):
    run({"INPUT": parameters["INPUT"], "OUTPUT": parameters["OUTPUT"]})
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert {"uncertainty_path", "probability_path", "coarse_threshold"}.isdisjoint(request)
    assert (request["bands"], request["radiometry"], request["device"], request["model"]) == (
        "",
        "auto",
        "auto",
        None,
    )


@pytest.mark.parametrize("unset", ["", " ", None])
def test_an_empty_threshold_is_not_set(fake_engine, parameters, tmp_path, unset):
    run({**parameters, "COARSE_THRESHOLD": unset, "REFINED_THRESHOLD": "0"})
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert "coarse_threshold" not in request
    assert request["refined_threshold"] == 0.0


def test_a_threshold_may_be_an_expression(fake_engine, parameters, tmp_path):
    from qgis.core import QgsProperty

    run({**parameters, "COARSE_THRESHOLD": QgsProperty.fromExpression("0.1 + 0.2")})
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["coarse_threshold"] == pytest.approx(0.3)


@pytest.mark.parametrize("value", ["abc", "0,5", "1+1", "nan", [0.5], "expression"])
def test_a_threshold_that_is_no_number_is_refused(fake_engine, parameters, results, value):
    from qgis.core import (
        QgsApplication,
        QgsProcessingContext,
        QgsProcessingException,
        QgsProperty,
    )

    if value == "expression":
        value = QgsProperty.fromExpression("no_such_field")
    given = {**parameters, "ACCEPTANCE_THRESHOLD": value}
    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:detectclouds")
    accepted, message = algorithm.checkParameterValues(given, QgsProcessingContext())
    assert not accepted
    assert message.startswith("ACCEPTANCE_THRESHOLD '") and "is not a number" in message
    with pytest.raises(QgsProcessingException):
        run(given)
    assert names(results) == []


def test_relative_paths_are_those_of_qgis(
    fake_engine, parameters, image, results, tmp_path, monkeypatch
):
    monkeypatch.chdir(results)
    (results / "own.safetensors").write_bytes(b"weights")
    run(
        {
            "INPUT": os.path.relpath(image),
            "OUTPUT": "mask.tif",
            "UNCERTAINTY": os.path.join(".", "uncertainty.tif"),
            "MODEL": "own.safetensors",
        }
    )
    record = json.loads((tmp_path / "record.json").read_text())
    request = record["request"]
    assert request["input_path"] == str(image)
    assert request["mask_path"] == str(results / "mask.tif")
    assert request["uncertainty_path"] == str(results / "uncertainty.tif")
    assert request["model"] == str(results / "own.safetensors")
    assert request["keep_fill"] is False and request["look_first"] is False
    assert record["folder"] != str(results)
    assert {"mask.qml", "mask.tif", "uncertainty.qml", "uncertainty.tif"} < set(names(results))


def test_names_that_are_no_files_stay_as_given(fake_engine, parameters, image, tmp_path):
    from qgis.core import QgsRasterLayer

    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(image, "image.tif")
    source = f"/vsizip/{packed}/image.tif"
    named = {"INPUT": QgsRasterLayer(source), "MODEL": "cloudmamba-base", "KEEP_FILL": True}
    run({**parameters, **named})
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert (request["input_path"], request["model"]) == (source, "cloudmamba-base")
    assert request["keep_fill"] is True


@pytest.mark.parametrize(
    ("file_crs", "layer_crs", "expected"),
    [
        (None, "EPSG:3857", "Pseudo-Mercator"),
        (None, "", None),
        # Whether the file names another the engine sees.
        (32633, "EPSG:3857", "Pseudo-Mercator"),
    ],
    ids=["layer", "none", "both"],
)
def test_the_crs_of_a_layer_reaches_the_engine(
    fake_engine, parameters, image, tmp_path, file_crs, layer_crs, expected
):
    from osgeo import gdal, osr
    from qgis.core import QgsCoordinateReferenceSystem, QgsRasterLayer

    path = str(tmp_path / "copy.tif")
    numbers = gdal.Open(str(image)).ReadAsArray()
    dataset = gdal.GetDriverByName("GTiff").Create(path, 40, 30, 4, gdal.GDT_UInt16)
    dataset.WriteArray(numbers)
    dataset.SetGeoTransform((0, 20, 0, 8399738, 0, -20))
    if file_crs:
        system = osr.SpatialReference()
        system.ImportFromEPSG(file_crs)
        dataset.SetProjection(system.ExportToWkt())
    dataset = None
    layer = QgsRasterLayer(path)
    layer.setCrs(QgsCoordinateReferenceSystem(layer_crs))
    run({**parameters, "INPUT": layer})
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    if expected is None:
        assert "crs" not in request
    else:
        assert expected in request["crs"]


def test_the_active_image_that_qgis_fills_in_is_left_aside_for_a_product(
    fake_engine, parameters, image, tmp_path, project, monkeypatch
):
    from types import SimpleNamespace

    from cloudmamba_qgis.algorithms import detect_clouds
    from qgis.core import QgsApplication, QgsProcessingContext, QgsRasterLayer

    active = QgsRasterLayer(parameters["INPUT"], "active")
    project.addMapLayer(active)
    window = SimpleNamespace(activeLayer=lambda: active)
    monkeypatch.setattr(detect_clouds, "iface", window)
    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:detectclouds")
    context = QgsProcessingContext()
    context.setProject(project)
    row = {**parameters, "INPUT": active.id(), "PRODUCT": str(tmp_path)}
    assert algorithm.checkParameterValues(row, context) == (True, "")
    window.activeLayer = lambda: None
    assert not algorithm.checkParameterValues(row, context)[0]


@pytest.mark.parametrize(
    ("pixel_size", "expected"), [(12, "12 m"), (0, "not known"), (None, "not known")]
)
def test_the_log_tells_the_size_of_pixels(fake_engine, parameters, pixel_size, expected):
    feedback = Feedback()
    run({**parameters, "PIXEL_SIZE": pixel_size}, feedback)
    [told] = [line for line in feedback.info if line.startswith("Pixel size on the ground: ")]
    assert expected in told


def test_the_engine_starts_in_a_clean_environment(fake_engine, parameters, tmp_path, monkeypatch):
    poison = {
        "PYTHONHOME": "/nowhere",
        "PYTHONEXECUTABLE": "/usr/bin/python3",
        "PROJ_LIB": "/nowhere",
        "GDAL_DATA": "/nowhere",
        "LD_LIBRARY_PATH": "/nowhere",
        "QGIS_PREFIX_PATH": "/nowhere",
    }
    for name, value in poison.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    run(parameters)
    record = json.loads((tmp_path / "record.json").read_text())
    assert record["arguments"][:3] == ["-m", "cloudmamba", "worker"]
    assert poison.keys().isdisjoint(record["environment"])
    assert record["environment"]["CUDA_VISIBLE_DEVICES"] == "1"
    assert record["environment"]["HOME"] == os.environ["HOME"]


def test_temporary_outputs(fake_engine, parameters):
    found = run({**parameters, "OUTPUT": "TEMPORARY_OUTPUT", "UNCERTAINTY": "TEMPORARY_OUTPUT"})
    assert os.path.isfile(found["OUTPUT"]) and found["OUTPUT"].endswith(".tif")
    assert os.path.isfile(found["UNCERTAINTY"])


def test_lines_that_are_not_messages_do_no_harm(fake_engine, parameters):
    fake_engine("garbage")
    assert run(parameters)["CLOUD_PERCENT"] == 12.5


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        ("refuses", "The raster has 1 band."),
        ("out of memory", "The device has too little free memory"),
        ("crash", "The engine ended with exit status 3 before it finished."),
        ("killed", "The engine was killed or crashed before it finished"),
        ("liar", "The engine says that it is done, but"),
        ("wrong version", "speaks protocol 3 and this plugin needs 2"),
        ("older", "is older than the plugin: set it up again in Settings > Options > CloudMamba."),
        ("no engine", "does not start as a CloudMamba engine: /usr/bin/python3: No module named"),
    ],
)
def test_failure_is_one_sentence_and_leaves_nothing(
    fake_engine, parameters, results, mode, sentence
):
    from qgis.core import QgsProcessingException

    fake_engine(mode)
    old = results / "mask.tif"
    if mode != "liar":
        old.write_bytes(b"of yesterday")
    before = names(results)
    feedback = Feedback()
    with pytest.raises(QgsProcessingException) as failure:
        run(parameters, feedback)
    assert sentence in str(failure.value)
    assert "\n" not in str(failure.value)
    assert names(results) == before
    if mode != "liar":
        assert old.read_bytes() == b"of yesterday"
    printed = {"crash": "the fake engine fell over", "older": "has no field 'crs'"}
    if mode in printed:
        assert any(printed[mode] in text for text in feedback.console)


def test_unfinished_files_of_another_run_are_not_touched(fake_engine, parameters, results):
    from qgis.core import QgsProcessingException

    fake_engine("killed")
    other = results / ".mask.tif.89abcdef.part.tif"
    other.write_bytes(b"another run")
    with pytest.raises(QgsProcessingException):
        run(parameters)
    assert names(results) == [other.name]


@pytest.mark.parametrize("thread", ["main", "background"])
def test_cancel_mid_run_leaves_nothing(fake_engine, parameters, results, tmp_path, thread, qtbot):
    from qgis.core import (
        QgsApplication,
        QgsProcessingAlgRunnerTask,
        QgsProcessingContext,
        QgsProcessingException,
    )

    fake_engine("slow")
    feedback = Feedback(cancel_at=2)
    if thread == "main":
        with pytest.raises(QgsProcessingException, match="Cancelled"):
            run(parameters, feedback)
    else:
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(
            "cloudmamba:detectclouds"
        )
        context = QgsProcessingContext()
        task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback.qgis)
        with qtbot.waitSignal(task.executed) as ended:
            QgsApplication.taskManager().addTask(task)
        assert ended.args[0] is False
    assert 2 <= max(feedback.progress) < 50
    assert names(results) == []
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    asked = json.loads((tmp_path / "stop.json").read_text())
    assert asked == {"type": "cancel", "id": request["id"]}


def test_runs_in_the_background_and_leaves_the_window_alone(fake_engine, parameters, qtbot):
    from qgis.core import QgsApplication, QgsProcessingAlgRunnerTask, QgsProcessingContext

    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:detectclouds")
    threads = []
    feedback = Feedback()
    feedback.qgis.pushInfo = lambda text: threads.append(threading.current_thread())
    context = QgsProcessingContext()
    task = QgsProcessingAlgRunnerTask(algorithm, parameters, context, feedback.qgis)
    with qtbot.waitSignal(task.executed) as ended:
        QgsApplication.taskManager().addTask(task)
    successful, found = ended.args
    assert successful and found["CLOUD_PERCENT"] == 12.5
    assert threads and threading.main_thread() not in threads


def test_own_style_beside_an_output_is_kept(fake_engine, parameters, results):
    style = results / "mask.qml"
    style.write_text("<qgis>mine</qgis>")
    feedback = Feedback()
    run(parameters, feedback)
    assert style.read_text() == "<qgis>mine</qgis>"
    assert any("keeps the style" in text for text in feedback.info)


def test_loaded_outputs_are_styled_each_in_its_way(fake_engine, parameters, results):
    from processing.gui.AlgorithmExecutor import execute
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import (
        QgsApplication,
        QgsPalettedRasterRenderer,
        QgsProcessingContext,
        QgsProject,
        QgsSingleBandPseudoColorRenderer,
    )

    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:detectclouds")
    project = QgsProject()
    context = QgsProcessingContext()
    context.setProject(project)
    feedback = Feedback()
    for key, name in (("OUTPUT", "My mask"), ("UNCERTAINTY", "My uncertainty")):
        context.addLayerToLoadOnCompletion(
            parameters[key], QgsProcessingContext.LayerDetails(name, project, key)
        )
    successful, _found = execute(algorithm, parameters, context, feedback.qgis)
    assert successful
    # As for an output without a sidecar: what is seen then is the post-processor's work.
    for sidecar in results.glob("*.qml"):
        sidecar.unlink()
    assert handleAlgorithmResults(algorithm, context, feedback.qgis)
    mask = project.mapLayersByName("My mask")[0]
    uncertainty = project.mapLayersByName("My uncertainty")[0]
    assert isinstance(mask.renderer(), QgsPalettedRasterRenderer)
    assert [entry.label for entry in mask.renderer().classes()] == ["Clear", "Cloud"]
    assert isinstance(uncertainty.renderer(), QgsSingleBandPseudoColorRenderer)


def test_a_result_that_is_open_in_qgis_is_replaced_and_the_layer_stays(fake_engine, parameters):
    from qgis.core import QgsProject, QgsRasterLayer

    run(parameters)
    project = QgsProject()
    layer = QgsRasterLayer(parameters["OUTPUT"], "Mask of yesterday")
    project.addMapLayer(layer)
    before = os.stat(parameters["OUTPUT"]).st_mtime_ns
    run(parameters)
    assert os.stat(parameters["OUTPUT"]).st_mtime_ns > before
    layer.dataProvider().reloadData()
    value, found = layer.dataProvider().sample(layer.extent().center(), 1)
    assert layer.isValid() and found and value == 1


def test_sidecar_styles_the_file_wherever_it_is_opened(fake_engine, parameters):
    from qgis.core import QgsPalettedRasterRenderer, QgsRasterLayer

    found = run(parameters)
    layer = QgsRasterLayer(found["OUTPUT"])
    assert isinstance(layer.renderer(), QgsPalettedRasterRenderer)
    assert layer.renderer().classes()[0].color.alpha() == 0


def test_cloud_shadow_is_in_the_legend_only_where_it_was_looked_for(fake_engine, parameters):
    from qgis.core import QgsRasterLayer

    for shadow, expected in ((0, 2), (1, 3), (0, 2)):  # one after the other in one file
        found = run({**parameters, "SHADOW": shadow})
        assert (found["SHADOW_PERCENT"] is None) == (shadow == 0), "none was found, or looked for"
        assert len(QgsRasterLayer(found["OUTPUT"]).renderer().classes()) == expected


def test_without_an_engine_it_says_what_to_do(plugin, parameters, monkeypatch, tmp_path):
    from qgis.core import QgsApplication, QgsProcessingException

    monkeypatch.delenv("CLOUDMAMBA_ENGINE", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:detectclouds")
    executable, message = algorithm.canExecute()
    assert not executable and "The CloudMamba engine is not installed" in message
    feedback = Feedback()
    with pytest.raises(QgsProcessingException):
        run(parameters, feedback)
    assert any("The CloudMamba engine is not installed" in text for text in feedback.errors)


def test_with_an_engine_it_can_run(fake_engine):
    from qgis.core import QgsApplication

    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:detectclouds")
    assert algorithm.canExecute()[0]


@pytest.mark.parametrize(
    ("name", "expression", "limits"),
    [
        ("COARSE_THRESHOLD", "50", "0 to 1"),
        ("BUFFER", "-3", "0 to 500"),
        ("BUFFER", "1e9", "0 to 500"),
        ("SMALLEST_CLOUD", "NULL", "0 or more"),
        ("RESOLUTION", "-20", "0 or more"),
    ],
)
def test_numbers_of_expressions_have_their_limits_too(
    fake_engine, parameters, results, name, expression, limits
):
    from qgis.core import QgsProcessingException, QgsProperty

    with pytest.raises(QgsProcessingException, match=f"is not a number of {limits}: give one"):
        run({**parameters, name: QgsProperty.fromExpression(expression)})
    assert names(results) == []


def test_layers_without_a_file_are_refused_before_the_run(fake_engine, parameters):
    from qgis.core import QgsApplication, QgsProcessingContext, QgsProject, QgsRasterLayer

    layer = QgsRasterLayer("type=xyz&url=http://localhost/{z}/{x}/{y}.png", "Web map", "wms")
    project = QgsProject()
    project.addMapLayer(layer)
    context = QgsProcessingContext()
    context.setProject(project)
    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:detectclouds")
    accepted, message = algorithm.checkParameterValues({**parameters, "INPUT": layer.id()}, context)
    assert not accepted
    assert "'Web map' comes from the source 'wms'" in message


@pytest.mark.parametrize("name", ["INPUT", "BAND_LAYERS"])
def test_no_data_that_only_the_layer_knows_are_refused(fake_engine, parameters, image, name):
    from qgis.core import (
        QgsApplication,
        QgsProcessingContext,
        QgsProcessingException,
        QgsProcessingFeedback,
        QgsRasterLayer,
        QgsRasterRange,
    )

    layer = QgsRasterLayer(str(image), "Scene")
    layer.dataProvider().setUserNoDataValue(1, [QgsRasterRange(7, 7)])
    del parameters["INPUT"]
    given = {"INPUT": layer, "BAND_LAYERS": [layer] * 3}
    parameters[name] = given[name]
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:detectclouds")
    accepted, message = algorithm.checkParameterValues(parameters, context)
    assert not accepted and "has the additional no data value 7" in message
    with pytest.raises(QgsProcessingException, match="has the additional no data value 7"):
        algorithm.prepareAlgorithm(parameters, context, feedback)


def test_batch_of_several_images(fake_engine, image, results):
    """The same instance of the provider's algorithm, run after run, as the batch dialog does."""
    for number in range(3):
        found = run({"INPUT": str(image), "OUTPUT": str(results / f"mask_{number}.tif")})
        assert "UNCERTAINTY" not in found
    assert len(names(results)) == 6


def test_every_parameter_explains_itself(fake_engine):
    from qgis.core import QgsApplication

    algorithm = QgsApplication.processingRegistry().algorithmById("cloudmamba:detectclouds")
    assert all(definition.help() for definition in algorithm.parameterDefinitions())
    assert algorithm.shortHelpString() and algorithm.shortDescription() and algorithm.tags()
    assert not algorithm.icon().isNull() and os.path.isfile(algorithm.svgIconPath())


def test_buffer_and_smallest_cloud_change_the_mask_and_its_cover(fake_engine, image, tmp_path):
    from osgeo import gdal

    fake_engine("spotted")
    output = tmp_path / "mask.tif"
    found = run(
        {"INPUT": str(image), "OUTPUT": str(output), "SMALLEST_CLOUD": 2, "BUFFER": 1},
    )
    mask = gdal.Open(str(output))
    values = mask.ReadAsArray()
    assert values[5, 5] == 0, "a cloud of one pixel is gone"
    # 3 x 3 pixels, and those next to their sides.
    assert (values == 1).sum() == 9 + 4 * 3
    assert found["CLOUD_PERCENT"] == pytest.approx(100 * 21 / values.size)
    tags = mask.GetMetadata_Dict()
    assert (tags["BUFFER"], tags["SMALLEST_CLOUD"]) == ("1 pixels", "2 pixels")
    assert "SMALLEST_HOLE" not in tags and float(tags["CLOUD_PERCENT"]) == pytest.approx(1.75)
    assert "MEAN_UNCERTAINTY" not in tags, "that of the mask before"
    assert mask.GetRasterBand(1).GetCategoryNames() == ["clear", "cloud"]
    assert not list(tmp_path.glob(".*")), "nothing is left behind"


def test_shadow_stays_beside_buffers_and_holes_close_over_it(fake_engine, image, tmp_path):
    from osgeo import gdal

    fake_engine("spotted")
    output = tmp_path / "mask.tif"
    feedback = Feedback()
    given = {"INPUT": str(image), "OUTPUT": str(output), "SHADOW": 1}
    found = run({**given, "BUFFER": 3}, feedback)
    mask = gdal.Open(str(output))
    values = mask.ReadAsArray()
    # Of four pixels of shadow in a row two lie within the buffer of the cloud.
    assert list(values[12, 20:30]) == [1] * 6 + [2] * 3 + [0]
    assert found["SHADOW_PERCENT"] == pytest.approx(100 * 3 / values.size)
    tags = mask.GetMetadata_Dict()
    assert "2 cloud shadow" in tags["CLASSES"] and float(tags["SHADOW_PERCENT"]) == 0.25
    assert "Cloud shadow 0.2 % of valid pixels" in feedback.info
    # What is clear but for its shadow is too large for a hole.
    run({**given, "SMALLEST_HOLE": 100})
    mask = gdal.Open(str(output))
    assert (mask.ReadAsArray()[12, 25:29] == 2).all()
    assert mask.GetMetadataItem("SMALLEST_HOLE") == "100 pixels"


def test_the_shadow_of_a_product_is_asked_for(fake_engine, parameters, tmp_path):
    run({**parameters, "SHADOW": 2})
    request = json.loads((tmp_path / "record.json").read_text())["request"]
    assert request["add_product_shadow"] is True and "shadow_in_mask" not in request


@pytest.mark.parametrize("parameter", ["BANDS", "RADIOMETRY", "DEVICE"])
def test_boxes_offer_choices_and_take_any_text(plugin, parameter):
    from processing.gui.wrappers import WidgetWrapperFactory
    from qgis.core import QgsApplication

    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:detectclouds")
    definition = algorithm.parameterDefinition(parameter)
    wrapper = WidgetWrapperFactory.create_wrapper_from_metadata(definition, None, 0, 0)
    assert wrapper.value() == definition.defaultValue(), "the default comes first"
    for words, value in wrapper.choices():
        wrapper.setValue(value)
        assert (wrapper.widget.currentText(), wrapper.value()) == (words, value)
    wrapper.setValue("scale:0.0005,1")
    assert wrapper.value() == "scale:0.0005,1"
    wrapper.widget.setEditText(" red=1,green=2,blue=3 ")
    assert wrapper.value() == "red=1,green=2,blue=3"


def test_the_dialog_begins_with_the_image_that_is_looked_at(plugin, image, monkeypatch):
    from cloudmamba_qgis.algorithms import detect_clouds
    from cloudmamba_qgis.layers.results import mark_as_result
    from qgis.core import QgsApplication, QgsRasterLayer

    layer = QgsRasterLayer(str(image), "Scene")

    class Interface:
        @staticmethod
        def activeLayer():
            return layer

    def offered():
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(
            "cloudmamba:detectclouds"
        )
        assert algorithm.createCustomParametersWidget(parent=None) is None, "QGIS makes its own"
        return algorithm.parameterDefinition("INPUT").defaultValueForGui()

    assert not offered()
    monkeypatch.setattr(detect_clouds, "iface", Interface)
    assert offered() == layer.id()
    mark_as_result(layer)
    assert not offered(), "a mask is no image"


def test_a_model_does_not_name_the_image_that_is_looked_at(
    fake_engine, image, project, monkeypatch
):
    from types import SimpleNamespace

    from cloudmamba_qgis.algorithms import detect_clouds
    from qgis.core import (
        QgsApplication,
        QgsProcessingContext,
        QgsProcessingModelAlgorithm,
        QgsRasterLayer,
    )
    from qgis.gui import QgsGui, QgsProcessingParameterWidgetContext

    layer = QgsRasterLayer(str(image), "Scene")
    project.addMapLayer(layer)
    monkeypatch.setattr(detect_clouds, "iface", SimpleNamespace(activeLayer=lambda: layer))
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:detectclouds")
    model, context = QgsProcessingModelAlgorithm("model", "group"), QgsProcessingContext()
    box = QgsGui.processingGuiRegistry().createModelerParameterWidget(
        model, "child", algorithm.parameterDefinition("INPUT"), context
    )
    box.setWidgetContext(QgsProcessingParameterWidgetContext())
    assert not box.value().staticValue()
