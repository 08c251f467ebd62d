"""The part of ``screenshot.py setup`` that runs inside QGIS, as its start-up script."""

from cloudmamba_qgis.gui.setup.options_page import EngineOptionsPage, open_setup_page
from driver import Driver, click, picture
from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QTimer
from qgis.PyQt.QtWidgets import QPushButton
from qgis.utils import iface


def page():
    widgets = QgsApplication.allWidgets()
    found = [widget for widget in widgets if isinstance(widget, EngineOptionsPage)]
    return next((widget for widget in found if widget.isVisible()), None)


def button(name):
    return page().findChild(QPushButton, name)


def steps():
    """Every step; yields milliseconds to wait, or a condition to wait for."""
    yield 3000
    iface.mainWindow().setGeometry(0, 0, 1600, 950)
    QTimer.singleShot(0, lambda: open_setup_page(iface))
    yield page
    page().window().setGeometry(250, 40, 1100, 860)
    facts, installer = page().facts, page().installer
    yield lambda: facts.engines and all(facts.report(one).is_complete for one in facts.engines)
    yield 2000
    picture("setup.png")
    click(button("cloudmambaSetUp"))
    yield lambda: installer.fraction > 0.05
    yield 1500
    picture("setup_running.png")
    click(button("cloudmambaCancelSetUp"))
    yield lambda: not installer.is_busy
    yield 500
    picture("setup_cancelled.png")


driver = Driver(steps())
