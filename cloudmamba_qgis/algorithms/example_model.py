"""Models that come with the plugin: chains of its algorithms, to run and to learn from."""

from __future__ import annotations

from qgis.core import QgsProcessingModelAlgorithm
from qgis.PyQt.QtGui import QIcon

from cloudmamba_qgis.resource_files import icon, icon_path, model_path
from cloudmamba_qgis.translation import tr

EXAMPLE_MODELS = ("detect_and_cut_out", "detect_as_polygons", "folder_to_composite")


class ExampleModel(QgsProcessingModelAlgorithm):
    """The model of ``resources/models/FILE.model3``.

    It can be loaded only where the algorithms in it are registered already.
    """

    def __init__(self, file: str) -> None:
        super().__init__()
        self._file = file
        self.fromFile(model_path(file))

    def createInstance(self) -> ExampleModel:
        return ExampleModel(self._file)

    def name(self) -> str:
        return self._file.replace("_", "")

    def displayName(self) -> str:
        return tr(super().displayName())

    def group(self) -> str:
        return tr("Example models")

    def groupId(self) -> str:
        return "examplemodels"

    def tags(self) -> list[str]:
        return tr("cloud,clouds,model,workflow,example").split(",")

    def shortDescription(self) -> str:
        return tr(super().shortDescription())

    def icon(self) -> QIcon:
        return icon("model")

    def svgIconPath(self) -> str:
        return icon_path("model")
