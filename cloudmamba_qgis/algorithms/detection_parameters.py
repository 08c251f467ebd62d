"""Parameters that Detect clouds has in common with the algorithms that run it on many scenes."""

from __future__ import annotations

from qgis.core import QgsProcessingParameterFile, QgsProcessingParameterString

from cloudmamba_qgis.translation import tr


def with_choices(
    parameter: QgsProcessingParameterString, wrapper: str
) -> QgsProcessingParameterString:
    """Shown as a box of choices that takes any text too; by name, because it needs the window."""
    parameter.setMetadata(
        {"widget_wrapper": {"class": f"cloudmamba_qgis.gui.widgets.choice_wrappers.{wrapper}"}}
    )
    return parameter


def device_parameter() -> QgsProcessingParameterString:
    """``DEVICE``, with its help; empty as ``auto``."""
    parameter = with_choices(
        QgsProcessingParameterString("DEVICE", tr("Device"), "auto", optional=True),
        "DeviceWrapper",
    )
    parameter.setHelp(
        tr(
            "auto: a CUDA graphics card where there is one, else the processor. Or: cpu, cuda, "
            "cuda:1 and so on."
        )
    )
    return parameter


def model_parameter() -> QgsProcessingParameterFile:
    """``MODEL``, with its help."""
    parameter = QgsProcessingParameterFile(
        "MODEL",
        tr("Model"),
        optional=True,
        # The second filter lets names of models pass, which have no extension.
        fileFilter=f"{tr('CloudMamba models')} (*.safetensors);;{tr('All files')} (*)",
    )
    parameter.setHelp(
        tr(
            "A model file (.safetensors) of your own, or the name of a model that comes with "
            "the engine. Empty: the engine's default model."
        )
    )
    return parameter
