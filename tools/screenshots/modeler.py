"""The part of ``screenshot.py modeler`` that runs inside QGIS, as its start-up script."""

import os

from driver import Driver, picture
from processing.modeler.ModelerDialog import ModelerDialog
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt
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


def steps():
    """Every step; yields milliseconds to wait."""
    yield 3000
    designer = open_model()
    show_algorithms(designer)
    yield 2000
    zoom_to_model(designer)
    yield 1500
    width, height = SIZE
    picture("model_designer.jpg", "-crop", f"{width}x{height}+0+0", "-quality", "85")


driver = Driver(steps())
