"""The Processing provider ``cloudmamba``."""

from __future__ import annotations

from qgis.core import QgsApplication, QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from cloudmamba_qgis.algorithms.apply_cloud_mask import ApplyCloudMaskAlgorithm
from cloudmamba_qgis.algorithms.areas_by_date import AreasByDateAlgorithm
from cloudmamba_qgis.algorithms.clear_sky_composite import ClearSkyCompositeAlgorithm
from cloudmamba_qgis.algorithms.cloud_polygons import CloudPolygonsAlgorithm
from cloudmamba_qgis.algorithms.cloud_statistics import CloudStatisticsAlgorithm
from cloudmamba_qgis.algorithms.detect_clouds import DetectCloudsAlgorithm
from cloudmamba_qgis.algorithms.evaluate_mask import EvaluateMaskAlgorithm
from cloudmamba_qgis.algorithms.example_model import EXAMPLE_MODELS, ExampleModel
from cloudmamba_qgis.algorithms.rethreshold import RethresholdAlgorithm
from cloudmamba_qgis.engine_client.qgis_environment import qgis_network
from cloudmamba_qgis.resource_files import icon, icon_path

_ALGORITHMS = (
    DetectCloudsAlgorithm,
    RethresholdAlgorithm,
    ApplyCloudMaskAlgorithm,
    CloudPolygonsAlgorithm,
    CloudStatisticsAlgorithm,
    AreasByDateAlgorithm,
    EvaluateMaskAlgorithm,
    ClearSkyCompositeAlgorithm,
)


class CloudMambaProvider(QgsProcessingProvider):
    """Offers the algorithms of the plugin."""

    def id(self) -> str:
        return "cloudmamba"

    def name(self) -> str:
        return "CloudMamba"

    def icon(self) -> QIcon:
        return icon("cloudmamba")

    def svgIconPath(self) -> str:
        return icon_path("cloudmamba")

    def load(self) -> bool:
        qgis_network()  # engines are started in other threads
        QgsApplication.processingRegistry().providerAdded.connect(self._provider_added)
        return super().load()

    def loadAlgorithms(self) -> None:
        for algorithm in _ALGORITHMS:
            self.addAlgorithm(algorithm())
        # A model looks the algorithms in it up: the provider must be registered for that.
        if QgsApplication.processingRegistry().providerById(self.id()) is not None:
            for file in EXAMPLE_MODELS:
                self.addAlgorithm(ExampleModel(file))

    def _provider_added(self, provider_id: str) -> None:
        if provider_id == self.id():
            self.refreshAlgorithms()

    def supportedOutputRasterLayerExtensions(self) -> list[str]:
        """The engine writes GeoTIFF and nothing else."""
        return ["tif"]

    def supportsNonFileBasedOutput(self) -> bool:
        """Every result is a file."""
        return False
