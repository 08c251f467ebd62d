"""The page CloudMamba in Settings > Options: find, choose and set up an engine."""

from __future__ import annotations

import os

from qgis.core import Qgis, QgsApplication
from qgis.gui import QgisInterface, QgsOptionsPageWidget, QgsOptionsWidgetFactory
from qgis.PyQt.QtCore import pyqtSignal
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from cloudmamba_qgis.engine_client.installation.installer import EngineInstaller, State
from cloudmamba_qgis.engine_client.locate import (
    EngineNotFound,
    choose_engine,
    find_engine,
)
from cloudmamba_qgis.gui.setup.diagnostics import diagnostics
from cloudmamba_qgis.gui.setup.engines_panel import EnginesPanel
from cloudmamba_qgis.gui.setup.facts import SetupFacts
from cloudmamba_qgis.gui.setup.installation_panel import InstallationPanel
from cloudmamba_qgis.help_pages import open_help
from cloudmamba_qgis.resource_files import icon, plugin_version
from cloudmamba_qgis.settings import (
    ENGINE,
    ENGINE_IDLE_MINUTES,
    SAVES_BESIDE_IMAGE,
    SETUP_OFFERED_FOR,
    forget_products,
    has_products,
    profile_folder,
)
from cloudmamba_qgis.translation import tr

PAGE = "cloudmambaEngineOptions"
LONGEST_IDLE_MINUTES = 24 * 60


def open_setup_page(iface: QgisInterface) -> None:
    """Show the page; the way there for everything that misses the engine."""
    iface.showOptionsDialog(iface.mainWindow(), PAGE)


def offer_setup(iface: QgisInterface) -> None:
    """Say that there is no engine, with a button that leads to the page."""
    bar = iface.messageBar()
    message = bar.createMessage(
        "CloudMamba", tr("The engine that finds the clouds is not set up yet.")
    )
    button = QPushButton(tr("Set Up Engine…"))

    def go() -> None:
        bar.popWidget(message)
        open_setup_page(iface)

    button.clicked.connect(go)
    message.layout().addWidget(button)
    bar.pushWidget(message, Qgis.MessageLevel.Info)


class EngineOptions(QgsOptionsWidgetFactory):
    """Makes the page each time the options open; what it shows and starts outlives it.

    Signals:
        engine_changed: a set-up has succeeded, and its engine is used from now on.
    """

    engine_changed = pyqtSignal()

    def __init__(self, iface: QgisInterface) -> None:
        super().__init__("CloudMamba", icon("cloudmamba"))
        self._iface = iface
        self.facts = SetupFacts()
        self.installer = EngineInstaller(profile_folder())
        self.installer.succeeded.connect(self._use)
        self.installer.changed.connect(self._tell)
        self._open_pages = 0

    def register(self) -> None:
        """Add the page, offer a set-up where it is needed, and remove what earlier ones left."""
        self._iface.registerOptionsWidgetFactory(self)
        self.installer.tidy_up()
        is_offered = SETUP_OFFERED_FOR.get() == plugin_version()
        if not _engine_in_use() and not is_offered:
            SETUP_OFFERED_FOR.set(plugin_version())
            offer_setup(self._iface)

    def unregister(self) -> None:
        """Take the page back and end what it started."""
        self._iface.unregisterOptionsWidgetFactory(self)
        self.facts.stop()
        self.installer.stop()

    def createWidget(self, parent: QWidget) -> QgsOptionsPageWidget:
        page = EngineOptionsPage(self.facts, self.installer, parent)
        page.destroyed.connect(self._page_closed)
        self._open_pages += 1
        return page

    def _page_closed(self) -> None:
        self._open_pages -= 1

    def _use(self, python: str) -> None:
        """Use the engine that was just set up, whatever was named before."""
        ENGINE.forget()
        try:
            program = find_engine().program
        except EngineNotFound:  # the variable names one that is gone
            program = ""
        if program != python:  # the variable names another one
            ENGINE.set(python)
        self.facts.look()
        self.engine_changed.emit()

    def _tell(self) -> None:
        """Say how the set-up ended where the page is closed."""
        installer = self.installer
        if self._open_pages or installer.is_busy or installer.state == State.CANCELLED:
            return
        succeeded = installer.state == State.SUCCEEDED
        level = Qgis.MessageLevel.Success if succeeded else Qgis.MessageLevel.Warning
        self._iface.messageBar().pushMessage("CloudMamba", installer.message, level)


class EngineOptionsPage(QgsOptionsPageWidget):
    """Engines above, set-up below."""

    def __init__(
        self, facts: SetupFacts, installer: EngineInstaller, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(PAGE)
        self.facts = facts
        self.installer = installer
        self._was_shown = False
        self._engines = EnginesPanel(facts)
        self._engines.diagnostics_wanted.connect(self._copy_diagnostics)
        installer.succeeded.connect(self._engines.choose)
        self._idle = QSpinBox()
        self._idle.setRange(0, LONGEST_IDLE_MINUTES)
        self._idle.setSuffix(tr(" minutes"))
        self._idle.setSpecialValueText(tr("not at all"))
        self._idle.setValue(round(ENGINE_IDLE_MINUTES.get()))
        self._idle.setToolTip(tr("A waiting engine starts at once, but keeps some memory."))
        idle = QHBoxLayout()
        label = QLabel(tr("Keep the engine waiting after a run"))
        label.setBuddy(self._idle)
        idle.addWidget(label)
        idle.addWidget(self._idle)
        idle.addStretch()
        self._engines.layout().addLayout(idle)
        self._saves_beside = QCheckBox(
            tr("Save results beside the image, instead of in temporary files")
        )
        self._saves_beside.setToolTip(
            tr("A file that is there already stays: the new one gets a number.")
        )
        self._saves_beside.setChecked(SAVES_BESIDE_IMAGE.get())
        content = QWidget()
        layout = QVBoxLayout(content)
        top = QHBoxLayout()
        top.addWidget(self._saves_beside, 1)
        self._forget = QPushButton(tr("Forget Answers"))
        self._forget.setToolTip(
            tr("Ask again about bands and values of images where the answer was to be remembered.")
        )
        self._forget.setEnabled(has_products())
        self._forget.clicked.connect(self._forget_answers)
        top.addWidget(self._forget)
        help_button = QPushButton(tr("Help"))
        help_button.clicked.connect(lambda: open_help("setup"))
        top.addWidget(help_button)
        layout.addLayout(top)
        layout.addWidget(self._engines)
        layout.addWidget(InstallationPanel(facts, installer))
        layout.addStretch()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def showEvent(self, event: QShowEvent) -> None:
        """Look for engines now: the options open often for other pages."""
        super().showEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.facts.look()
            self._engines.choose(_engine_in_use())

    def apply(self) -> None:
        """Keep what was chosen; QGIS calls it when the options are accepted."""
        ENGINE_IDLE_MINUTES.set(self._idle.value())
        SAVES_BESIDE_IMAGE.set(self._saves_beside.isChecked())
        chosen = self._engines.chosen
        if self._was_shown and chosen and chosen != _engine_in_use():
            if chosen == _engine_found():
                ENGINE.forget()
            else:
                ENGINE.set(chosen)

    def _forget_answers(self) -> None:
        forget_products()
        self._forget.setEnabled(False)

    def _copy_diagnostics(self) -> None:
        QgsApplication.clipboard().setText(diagnostics(self.facts, self.installer))


def _engine_in_use() -> str:
    try:
        return find_engine().program
    except EngineNotFound:
        return ENGINE.get()


def _engine_found() -> str:
    """The engine that is used where the setting names none."""
    try:
        return choose_engine("", os.environ, profile_folder()).program
    except EngineNotFound:
        return ""
