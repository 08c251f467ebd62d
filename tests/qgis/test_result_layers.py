"""Time and metadata of results that are loaded into a project."""


def test_results_of_a_detection_have_time_and_place_of_the_image(fake_engine, image, tmp_path):
    from processing.gui.AlgorithmExecutor import execute
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import (
        QgsApplication,
        QgsCoordinateReferenceSystem,
        QgsDateTimeRange,
        QgsProcessingContext,
        QgsProcessingFeedback,
        QgsProject,
        QgsRasterLayer,
    )
    from qgis.PyQt.QtCore import QDateTime, Qt

    taken = QgsDateTimeRange(
        QDateTime.fromString("2024-05-01T10:00:00", Qt.DateFormat.ISODate),
        QDateTime.fromString("2024-05-01T10:01:00", Qt.DateFormat.ISODate),
    )
    scene = QgsRasterLayer(str(image), "scene")
    scene.temporalProperties().setIsActive(True)
    scene.temporalProperties().setFixedTemporalRange(taken)
    corrected = QgsCoordinateReferenceSystem("EPSG:32634")
    assert scene.crs() != corrected
    scene.setCrs(corrected)
    project = QgsProject()
    project.addMapLayer(scene)
    context, feedback = QgsProcessingContext(), QgsProcessingFeedback()
    context.setProject(project)
    outputs = {name: str(tmp_path / f"{name}.tif") for name in ("OUTPUT", "UNCERTAINTY")}
    for name, path in outputs.items():
        details = QgsProcessingContext.LayerDetails(name, project, name)
        context.addLayerToLoadOnCompletion(path, details)
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:detectclouds")
    successful, _ = execute(algorithm, {"INPUT": scene.id(), **outputs}, context, feedback)
    assert successful and handleAlgorithmResults(algorithm, context, feedback)
    for name in outputs:
        [layer] = project.mapLayersByName(name)
        assert layer.temporalProperties().isActive()
        assert layer.temporalProperties().fixedTemporalRange() == taken
        assert layer.crs() == corrected
    # The fake engine writes no tags, so there is nothing to say of a model.
    assert layer.metadata().history() == []


def test_the_batch_dialog_of_3_22_gets_all_that_it_asks_for(fake_engine, image, tmp_path):
    """It asks for optional results without a name, and gives none to those that it wants."""
    from processing.gui.Postprocessing import handleAlgorithmResults
    from processing_helpers import Feedback
    from qgis.core import (
        QgsApplication,
        QgsProcessingContext,
        QgsProcessingOutputLayerDefinition,
        QgsProject,
        QgsRasterLayer,
    )

    project = QgsProject()
    scene = QgsRasterLayer(str(image), "Scene A")
    project.addMapLayer(scene)
    context, feedback = QgsProcessingContext(), Feedback()
    context.setProject(project)
    wanted = {"OUTPUT": tmp_path / "m.tif", "UNCERTAINTY": "", "PROBABILITY": "", "STAGES": ""}
    parameters = {
        name: QgsProcessingOutputLayerDefinition(str(path), project)
        for name, path in wanted.items()
    }
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:detectclouds")
    results, succeeded = algorithm.run({"INPUT": scene.id(), **parameters}, context, feedback.qgis)
    assert succeeded and results["CLOUD_PERCENT"] == 12.5
    assert handleAlgorithmResults(algorithm, context, feedback.qgis, parameters=parameters)
    assert feedback.errors == []
    names = sorted(layer.name() for layer in project.mapLayers().values())
    assert names == ["Cloud mask – Scene A", "Scene A"]


def test_polygons_have_the_colour_of_the_mask(plugin, image, tmp_path):
    import numpy as np
    from cloudmamba_qgis.layers.results import is_result, mark_as_result
    from processing.gui.Postprocessing import handleAlgorithmResults
    from processing_helpers import Feedback
    from qgis.core import (
        QgsApplication,
        QgsProcessingContext,
        QgsProcessingOutputLayerDefinition,
        QgsProject,
        QgsRasterLayer,
    )
    from raster_files import write_raster

    project = QgsProject()
    path = write_raster(tmp_path / "mask.tif", np.ones((5, 5), np.uint8), 255)
    mask = QgsRasterLayer(path, "Cloud mask – Scene A")
    mark_as_result(mask)
    project.addMapLayer(mask)
    context, feedback = QgsProcessingContext(), Feedback()
    context.setProject(project)
    output = QgsProcessingOutputLayerDefinition("TEMPORARY_OUTPUT", project)
    parameters = {"INPUT": mask.id(), "OUTPUT": output}
    algorithm = QgsApplication.processingRegistry().createAlgorithmById("cloudmamba:cloudpolygons")
    _, succeeded = algorithm.run(parameters, context, feedback.qgis)
    assert succeeded, feedback.errors
    assert handleAlgorithmResults(algorithm, context, feedback.qgis, parameters=parameters)
    [polygons] = project.mapLayersByName("Cloud polygons – Scene A")
    categories = polygons.renderer().categories()  # which their symbols live no longer than
    symbols = [one.symbol().symbolLayer(0) for one in categories]
    colours = [symbol.strokeColor().name() for symbol in symbols]
    assert dict(zip([one.value() for one in categories], colours)) == {
        "cloud": "#ff00c8", "shadow": "#1f3fd0"
    }  # fmt: skip
    assert all(symbol.fillColor().alpha() < 128 for symbol in symbols)
    assert is_result(polygons)
