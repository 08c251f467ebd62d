"""Shows the engines of this computer and lets the user choose one."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cloudmamba_qgis.engine_client.inspection import Report
from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.gui.setup.facts import SetupFacts
from cloudmamba_qgis.translation import tr


class EnginesPanel(QGroupBox):
    """A row an engine; the one with the check mark is used."""

    diagnostics_wanted = pyqtSignal()

    def __init__(self, facts: SetupFacts, parent: QWidget | None = None) -> None:
        super().__init__(tr("Engine"), parent)
        self._facts = facts
        self._chosen = ""
        self._rows: dict[str, QTreeWidgetItem] = {}
        self._build()
        facts.engines_changed.connect(self.show_engines)
        self.show_engines()

    @property
    def chosen(self) -> str:
        """Path of the engine to use; empty as long as there is none."""
        return self._chosen

    def choose(self, path: str) -> None:
        """Put the check mark at the engine with this path."""
        self._chosen = path
        self.show_engines()

    def show_engines(self) -> None:
        """Bring the rows up to date."""
        engines = self._facts.engines
        paths = [engine.program for engine in engines]
        if engines and self._chosen not in paths:
            self._chosen = paths[0]
        if list(self._rows) != paths:
            self._tree.clear()
            self._rows = {path: QTreeWidgetItem(self._tree) for path in paths}
        self._tree.blockSignals(True)
        for engine in engines:
            self._fill(self._rows[engine.program], self._facts.report(engine))
        self._tree.blockSignals(False)
        if engines and self._tree.currentItem() is None:
            self._tree.setCurrentItem(self._rows[self._chosen])
        self._show_details()

    def _build(self) -> None:
        self._tree = QTreeWidget()
        self._tree.setRootIsDecorated(False)
        self._tree.setHeaderLabels(
            [tr("Engine"), tr("Version"), "Python", "PyTorch", tr("Device"), tr("State")]
        )
        header = self._tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(4, QHeaderView.ResizeMode.Stretch)
        self._tree.setMaximumHeight(6 * self._tree.fontMetrics().height())
        self._tree.setAccessibleName(tr("Engines of this computer"))
        self._tree.itemChanged.connect(self._row_checked)
        self._tree.currentItemChanged.connect(self._show_details)
        self._details = QLabel()
        self._details.setTextFormat(Qt.TextFormat.PlainText)  # so may those of programs and models
        self._details.setWordWrap(True)
        self._details.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        buttons = QHBoxLayout()
        for text, slot in (
            (tr("Add…"), self._add),
            (tr("Look Again"), self._facts.look_again),
            (tr("Copy Diagnostics"), self.diagnostics_wanted.emit),
        ):
            button = QPushButton(text)
            button.clicked.connect(lambda _, slot=slot: slot())
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QVBoxLayout(self)
        layout.addWidget(self._tree)
        layout.addWidget(self._details)
        layout.addLayout(buttons)

    def _fill(self, row: QTreeWidgetItem, report: Report) -> None:
        hello, ready = report.hello, report.ready
        devices = [_device_name(device) for device in ready.devices] if ready else []
        texts = [
            report.engine.origin,
            hello.version if hello else "",
            hello.python if hello else "",
            hello.packages.get("torch", tr("missing")) if hello else "",
            ", ".join(devices),
            _state(report, bool(self._facts.advice(report))),
        ]
        for column, text in enumerate(texts):
            row.setText(column, text)
            row.setToolTip(column, report.engine.program)
        row.setIcon(5, _state_icon(report, bool(self._facts.advice(report))))
        row.setData(0, Qt.ItemDataRole.UserRole, report.engine.program)
        row.setFlags(row.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        is_chosen = report.engine.program == self._chosen
        row.setCheckState(0, Qt.CheckState.Checked if is_chosen else Qt.CheckState.Unchecked)

    def _row_checked(self, row: QTreeWidgetItem, column: int) -> None:
        # A click on the row that is chosen already leaves it chosen: one always is.
        self.choose(row.data(0, Qt.ItemDataRole.UserRole))

    def _current_engine(self) -> Engine | None:
        row = self._tree.currentItem()
        path = row.data(0, Qt.ItemDataRole.UserRole) if row else ""
        return next((one for one in self._facts.engines if one.program == path), None)

    def _show_details(self) -> None:
        engine = self._current_engine()
        if engine is None:
            self._details.setText(
                tr(
                    "There is no engine yet. It does the work in a Python of its own, so that the "
                    "Python of QGIS stays as it is. Set one up below; it takes some minutes."
                )
            )
            return
        report = self._facts.report(engine)
        lines = [engine.program]
        if report.hello is not None:
            lines.append(
                ", ".join(f"{name} {what}" for name, what in report.hello.packages.items())
            )
        if report.ready is not None:
            models = [f"{model['name']} {model['version']}" for model in report.ready.models]
            lines.append(tr("Models: {names}").format(names=", ".join(models)))
        lines += [f"⚠ {advice}" for advice in self._facts.advice(report)]
        self._details.setText("\n".join(lines))

    def _add(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, tr("Python with the package cloudmamba, or the program cloudmamba")
        )
        if path:
            self.choose(self._facts.add_engine(path).program)


def _device_name(device: dict) -> str:
    free = device.get("memory_free_mb")
    if device["id"] == "cpu" or free is None:
        return device["name"]
    return tr("{name} ({free:.1f} GB free)").format(name=device["name"], free=free / 1024)


def _state(report: Report, has_advice: bool) -> str:
    if report.problem:
        return tr("does not work")
    if report.ready is None:
        return tr("being asked…")
    return tr("works, see below") if has_advice else tr("works")


def _state_icon(report: Report, has_advice: bool):
    if report.problem:
        return QgsApplication.getThemeIcon("/mIconCritical.svg")
    if report.ready is None:
        return QgsApplication.getThemeIcon("/mIconLoading.gif")
    name = "/mIconWarning.svg" if has_advice else "/mIconSuccess.svg"
    return QgsApplication.getThemeIcon(name)
