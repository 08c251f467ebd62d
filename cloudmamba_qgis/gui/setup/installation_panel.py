"""Sets an engine up: what to take, a button, and what happens."""

from __future__ import annotations

import shutil

from qgis.core import QgsApplication
from qgis.gui import QgsCollapsibleGroupBox
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QFontDatabase
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from cloudmamba_qgis.engine_client.installation.folders import engines_folder
from cloudmamba_qgis.engine_client.installation.installer import EngineInstaller, State
from cloudmamba_qgis.engine_client.installation.plan import Choice, commands
from cloudmamba_qgis.engine_client.installation.pythons import NEWEST, OLDEST, best
from cloudmamba_qgis.engine_client.installation.pytorch import Build, builds, recommend
from cloudmamba_qgis.gui.setup.facts import SetupFacts, engine_source
from cloudmamba_qgis.settings import profile_folder
from cloudmamba_qgis.translation import tr

PROGRESS_STEPS = 1000
LOG_LINES_SHOWN = 9


class InstallationPanel(QGroupBox):
    """Shows a set-up that may have begun before this panel was made."""

    def __init__(
        self, facts: SetupFacts, installer: EngineInstaller, parent: QWidget | None = None
    ) -> None:
        super().__init__(tr("Set up an engine"), parent)
        self._facts = facts
        self._installer = installer
        self._python_wanted = ""  # as long as the user wants none
        self._build()
        facts.pythons_changed.connect(self._show_pythons)
        facts.gpus_changed.connect(self._show_builds)
        installer.changed.connect(self._show_progress)
        installer.logged.connect(self._append_to_log)
        self._show_pythons()
        self._show_builds()
        self._log.setPlainText("\n".join(installer.log))
        self._show_progress()

    def _build(self) -> None:
        form = QFormLayout(self)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._python = QComboBox()
        self._python.currentIndexChanged.connect(self._show_plan)
        self._python.activated.connect(self._want_python)
        other = QToolButton()
        other.setText("…")
        other.setToolTip(tr("Choose another Python"))
        other.clicked.connect(self._choose_python)
        form.addRow(tr("Python"), _row(self._python, other))
        self._pytorch = QComboBox()
        self._pytorch.currentIndexChanged.connect(self._show_plan)
        self._pytorch.setToolTip(
            tr(
                "A build with CUDA computes on an NVIDIA graphics card. «From my pip index» is "
                "for networks with a package index of their own."
            )
        )
        form.addRow("PyTorch", self._pytorch)
        self._plan = QLabel()
        self._plan.setWordWrap(True)
        form.addRow(self._plan)
        self._start = QPushButton(tr("Set Up Engine"))
        self._start.setObjectName("cloudmambaSetUp")
        self._start.clicked.connect(self._set_up)
        self._cancel = QPushButton(tr("Stop Set-Up"))
        self._cancel.setObjectName("cloudmambaCancelSetUp")
        self._cancel.clicked.connect(lambda: self._installer.cancel())
        self._bar = QProgressBar()
        self._bar.setRange(0, PROGRESS_STEPS)
        buttons = _row(self._start, self._cancel, self._bar, None)
        buttons.layout().setStretchFactor(self._bar, 100)  # where there is one, it takes the rest
        form.addRow(buttons)
        self._message = QLabel()
        self._message.setTextFormat(Qt.TextFormat.PlainText)
        self._message.setWordWrap(True)
        form.addRow(self._message)
        self._log_box, self._log = _text_box(tr("Log"))
        form.addRow(self._log_box)
        by_hand, self._commands = _text_box(tr("Commands to do the same by hand"))
        self._commands.setMaximumHeight(6 * self._commands.fontMetrics().height())
        copy = QPushButton(tr("Copy Commands"))
        copy.clicked.connect(
            lambda: QgsApplication.clipboard().setText(self._commands.toPlainText())
        )
        by_hand.layout().addWidget(_row(copy, None))
        form.addRow(by_hand)

    @property
    def _choice(self) -> Choice | None:
        path, build = self._python.currentData(), self._pytorch.currentData()
        python = next((one for one in self._facts.pythons if one.path == path), None)
        if python is None or python.shortcoming() or build is None:
            return None
        return Choice(python, build)

    def _show_pythons(self) -> None:
        recommended = best(self._facts.pythons)
        wanted = self._python_wanted or (recommended.path if recommended else "")
        self._python.blockSignals(True)
        self._python.clear()
        for python in sorted(self._facts.pythons, key=lambda one: bool(one.shortcoming())):
            text = f"{python.version_text}   {python.path}".strip()
            shortcoming = python.shortcoming()
            self._python.addItem(f"{text}   ({shortcoming})" if shortcoming else text, python.path)
        self._python.setCurrentIndex(max(self._python.findData(wanted), 0))
        self._python.blockSignals(False)
        self._show_plan()

    def _show_builds(self) -> None:
        recommendation = recommend(self._facts.gpus)
        self._pytorch.blockSignals(True)
        self._pytorch.clear()
        for build in builds():
            is_recommended = build == recommendation.build
            text = tr("{build}, {space:.1f} GB of disk").format(
                build=build.name, space=build.disk_gb
            )
            if is_recommended:
                text += f" ({recommendation.reason})"
            self._pytorch.addItem(text, build)
            if is_recommended:
                self._pytorch.setCurrentIndex(self._pytorch.count() - 1)
        self._pytorch.blockSignals(False)
        self._show_plan()

    def _show_plan(self) -> None:
        choice = self._choice
        self._start.setEnabled(choice is not None and not self._installer.is_busy)
        if choice is None and self._facts.pythons_asked:
            self._plan.setText(tr("Looking for Python…"))
        elif choice is None:
            self._plan.setText(
                tr(
                    "A Python of {oldest} to {newest} is needed that works outside QGIS. It can "
                    "be installed without administrator, for example from python.org; then look "
                    "again."
                ).format(oldest="{}.{}".format(*OLDEST), newest="{}.{}".format(*NEWEST))
            )
        else:
            self._plan.setText(_plan_text(choice.build))
        by_hand = str(profile_folder() / "cloudmamba" / "by-hand")
        lines = commands(choice, engine_source(), by_hand) if choice else []
        self._commands.setPlainText("\n".join(lines))

    def _show_progress(self) -> None:
        installer = self._installer
        busy = installer.is_busy
        self._start.setText(
            tr("Try Again") if installer.state == State.FAILED else tr("Set Up Engine")
        )
        self._start.setEnabled(not busy and self._choice is not None)
        self._python.setEnabled(not busy)
        self._pytorch.setEnabled(not busy)
        self._cancel.setVisible(busy)
        self._cancel.setEnabled(installer.state == State.RUNNING)
        self._bar.setVisible(busy)
        self._bar.setValue(int(installer.fraction * PROGRESS_STEPS))
        signs = {State.FAILED: "⚠ ", State.SUCCEEDED: "✔ "}
        text = installer.title or installer.message
        self._message.setText(signs.get(installer.state, "") + text)
        self._message.setVisible(bool(text))

    def _append_to_log(self, line: str) -> None:
        self._log.appendPlainText(line)
        if not self._log.hasFocus():  # somebody who clicked into it reads
            end = self._log.verticalScrollBar().maximum()
            self._log.verticalScrollBar().setValue(end)

    def _set_up(self) -> None:
        if self._choice is None:
            return
        self._log.clear()
        self._log_box.setCollapsed(False)
        self._installer.start(self._choice, engine_source())

    def _choose_python(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, tr("Python to make the environment from"))
        if path:
            self._python_wanted = path
            self._facts.add_python(path)

    def _want_python(self) -> None:
        self._python_wanted = self._python.currentData()


def _plan_text(build: Build) -> str:
    folder = engines_folder(profile_folder())
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return tr(
        "Makes an environment in '{folder}' and downloads PyTorch into it; the engine itself "
        "comes with the plugin. Needs up to {needed:.1f} GB while installing ({free:.0f} GB are "
        "free) and no administrator; the Python of QGIS is not touched. It goes on when this "
        "window is closed."
    ).format(folder=folder, needed=build.disk_gb, free=shutil.disk_usage(existing).free / 1e9)


def _row(*widgets: QWidget | None) -> QWidget:
    """Widgets side by side, the None between them stretching."""
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        if widget is None:
            layout.addStretch()
        else:
            expands = isinstance(widget, (QComboBox, QProgressBar))
            layout.addWidget(widget, 1 if expands else 0)
    return row


def _text_box(title: str) -> tuple[QgsCollapsibleGroupBox, QPlainTextEdit]:
    """A text to read and copy under a title that unfolds it."""
    box = QgsCollapsibleGroupBox(title)
    box.setFlat(True)
    text = QPlainTextEdit()
    text.setReadOnly(True)
    text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
    text.setMinimumHeight(LOG_LINES_SHOWN * text.fontMetrics().height())
    text.setMaximumBlockCount(2000)
    text.setAccessibleName(title)
    layout = QVBoxLayout(box)
    layout.addWidget(text)
    box.setCollapsed(True)
    return box, text
