"""Time and metadata of results that are loaded into a project."""


def test_results_of_a_detection_have_the_time_of_the_image(fake_engine, image, tmp_path):
    from processing.gui.AlgorithmExecutor import execute
    from processing.gui.Postprocessing import handleAlgorithmResults
    from qgis.core import (
        QgsApplication,
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
    # The fake engine writes no tags, so there is nothing to say of a model.
    assert layer.metadata().history() == []
