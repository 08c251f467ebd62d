"""The part of ``screenshot.py modeler`` that runs inside QGIS, as its start-up script."""

import os
import subprocess
import traceback

from processing.modeler.ModelerDialog import ModelerDialog
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtWidgets import QDockWidget, QLineEdit

SIZE = (1400, 620)


def open_model():
    """Open the model as the toolbox's Open Existing Model does."""
    assert QgsApplication.processingRegistry().providerById("cloudmamba") is not None
    designer = ModelerDialog.create()
    designer.loadModel(os.environ["SCREENSHOT_MODEL"])
    assert designer.model().childAlgorithms(), "the model is not loaded"
    designer.show()
    designer.setGeometry(0, 0, *SIZE)
    designer.activate()
    return designer


def show_algorithms(designer):
    """Those of the plugin in their panel; what nothing was done with yet is left out."""
    designer.findChild(QDockWidget, "UndoDock").close()
    designer.findChild(QDockWidget, "mAlgorithmsDock").raise_()
    designer.findChild(QLineEdit, "mAlgorithmSearchEdit").setText("cloud")


def zoom_to_model(designer):
    bounds = designer.view().scene().itemsBoundingRect()
    designer.view().fitInView(bounds, Qt.AspectRatioMode.KeepAspectRatio)


def picture():
    width, height = SIZE
    command = ["import", "-window", "root", "-crop", f"{width}x{height}+0+0", "-quality", "85"]
    subprocess.run(
        [*command, os.path.join(os.environ["SCREENSHOT_FOLDER"], "model_designer.jpg")], check=True
    )


def steps():
    """Every step; yields milliseconds to wait."""
    yield 3000
    designer = open_model()
    show_algorithms(designer)
    yield 2000
    zoom_to_model(designer)
    yield 1500
    picture()


class Driver:
    """Runs the steps one after the other and ends QGIS after the last or a failed one."""

    def __init__(self):
        self._steps = steps()
        self._next()

    def _next(self):
        try:
            QTimer.singleShot(next(self._steps), self._next)
        except StopIteration:
            os._exit(0)
        except Exception:  # noqa: BLE001  whatever it was, QGIS must end
            traceback.print_exc()
            os._exit(1)


driver = Driver()
