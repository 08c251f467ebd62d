"""The page of areas by date: choose areas and masks, see chart and table, set up the time."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from qgis.core import (
    QgsApplication,
    QgsFieldProxyModel,
    QgsMapLayerProxyModel,
    QgsProcessingException,
    QgsProcessingUtils,
    QgsProject,
    QgsRasterLayer,
    QgsVectorLayer,
)
from qgis.gui import (
    QgisInterface,
    QgsFieldComboBox,
    QgsFileWidget,
    QgsMapLayerComboBox,
)
from qgis.PyQt.QtCore import Qt, QTimer
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from cloudmamba_qgis.background import AlgorithmRun, TaskQueue
from cloudmamba_qgis.gui.areas.chart import (
    CLEAR_COLOUR,
    CLOUD_COLOUR,
    SHADOW_COLOUR,
    AreaChart,
)
from cloudmamba_qgis.gui.areas.time_control import days_of_layers, give_days, go_by_day, undated
from cloudmamba_qgis.gui.widgets.alignment import RIGHT
from cloudmamba_qgis.gui.widgets.interpretation_form import narrow
from cloudmamba_qgis.gui.widgets.note import Note
from cloudmamba_qgis.gui.widgets.save_dialog import ask_where_to_save
from cloudmamba_qgis.layers.area_layer import show_by_date
from cloudmamba_qgis.layers.results import (
    is_cloud_mask,
    is_preview,
    is_result,
    mark_as_result,
)
from cloudmamba_qgis.rasters.area_series import Observation, best_first, gaps
from cloudmamba_qgis.rasters.files import replacing
from cloudmamba_qgis.settings import DEVICE, MODEL
from cloudmamba_qgis.translation import tr

try:
    from qgis.core import Qgis

    POLYGONS = Qgis.LayerFilter.PolygonLayer
except AttributeError:  # QGIS before 3.34
    POLYGONS = QgsMapLayerProxyModel.Filter.PolygonLayer

_ALGORITHM = "cloudmamba:areasbydate"
_COLUMNS = ("clear_percent", "cloud_percent", "shadow_percent", "no_data_percent")


class AreasPage(QWidget):
    """Everything about areas by date; it needs nothing but the window of QGIS.

    Attributes:
        observations: of the last run, by area.
    """

    def __init__(self, iface: QgisInterface, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._iface = iface
        self._run: AlgorithmRun | None = None
        self._output = ""
        self._counted_ids: list[str] = []  # layers of the last run
        self._tasks = TaskQueue()
        self._list_timer = QTimer(self)
        self._list_timer.setSingleShot(True)
        self._ticked: dict[str, Qt.CheckState] = {}
        self.observations: dict[str, list[Observation]] = {}
        self.areas = QgsMapLayerComboBox()
        self.areas.setFilters(POLYGONS)
        self.names = QgsFieldComboBox()
        self.names.setFilters(QgsFieldProxyModel.Filter.AllTypes)
        self.names.setAllowEmptyFieldName(True)
        self.source = QComboBox()
        self.source.addItems([tr("Layers of the project"), tr("Folder")])
        self.layers = QListWidget()
        self.folder = QgsFileWidget()
        self.folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.least_clear = QSpinBox()
        self.least_clear.setRange(0, 100)
        self.least_clear.setValue(80)
        self.least_clear.setSuffix(" %")
        self.run_button = QPushButton(tr("&Count by Date"))
        self.cancel_button = QPushButton(tr("Cancel"))
        self.progress = QProgressBar()
        self.progress.setAccessibleName(tr("Progress"))
        self.note = Note()
        self.area = QComboBox()
        for box in (self.areas, self.names, self.source, self.area):
            narrow(box, 6)
        self.chart = AreaChart()
        self.legend = QLabel(_legend())
        self.legend.setWordWrap(True)
        self.told = QLabel()
        self.table = QTableWidget(0, 5)
        self.save_button = QPushButton(tr("Save &Table…"))
        self.time_button = QPushButton(tr("Show on Map by &Date"))
        self._lay_out()
        self._connect()
        self._list_layers()
        self._show_busy(False)
        self._show_results()

    def close_for_good(self) -> None:
        """End what runs, as when the plugin is unloaded, and hear no more of it."""
        self._list_timer.stop()
        self._tasks.close()
        run, self._run = self._run, None
        if run is not None:
            run.cancel()

    def cancel(self) -> None:
        """End what runs; nothing was written."""
        if self._run is not None:
            self._run.cancel()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._list_layers()

    def _lay_out(self) -> None:
        self.layers.setAccessibleName(tr("Masks and images"))
        self.layers.setMaximumHeight(5 * self.fontMetrics().height())
        self.told.setWordWrap(True)
        self.told.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table.setHorizontalHeaderLabels(
            [tr("Date"), tr("Clear"), tr("Cloud"), tr("Shadow"), tr("No data")]
        )
        self.table.verticalHeader().setVisible(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        # In a narrow dock it scrolls sideways: headings that are cut say nothing.
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.table.setMinimumHeight(7 * self.table.verticalHeader().defaultSectionSize())
        for box in (self.areas, self.names, self.source, self.area):
            box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(4)
        form.addRow(tr("A&reas"), self.areas)
        form.addRow(tr("&Names"), self.names)
        form.addRow(tr("&Masks from"), self.source)
        form.addRow(self.layers)
        form.addRow(self.folder)
        form.addRow(tr("&Usable from"), self.least_clear)
        run = QHBoxLayout()
        run.addWidget(self.run_button, 1)
        run.addWidget(self.progress, 1)
        run.addWidget(self.cancel_button)
        buttons = QHBoxLayout()
        buttons.addWidget(self.save_button)
        buttons.addWidget(self.time_button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(form)
        layout.addLayout(run)
        for widget in (self.note, self.area, self.chart, self.legend, self.told, self.table):
            layout.addWidget(widget)
        layout.addLayout(buttons)
        self.names.setToolTip(tr("The field with the names of the areas; empty: their numbers."))
        self.least_clear.setToolTip(
            tr("How much of an area must be clear for a day to be usable; the rest are gaps.")
        )
        self.layers.setToolTip(
            tr(
                "Rasters of one band are taken as cloud masks; others are images, whose clouds are "
                "detected first where the areas are. Masks that are shown on the map are ticked "
                "until you say otherwise."
            )
        )
        self.time_button.setToolTip(
            tr(
                "Adds the areas as a layer, gives the chosen layers their days, and sets the "
                "temporal controller to go from day to day."
            )
        )

    def _connect(self) -> None:
        self.areas.layerChanged.connect(self._on_areas)
        self.source.currentIndexChanged.connect(self._on_source)
        self.layers.itemChanged.connect(self._on_tick)
        self.folder.fileChanged.connect(self._check)
        self.run_button.clicked.connect(self._start)
        self.cancel_button.clicked.connect(self.cancel)
        self.area.currentIndexChanged.connect(self._show_area)
        self.least_clear.valueChanged.connect(self._show_area)
        self.table.itemSelectionChanged.connect(self._on_row)
        self.chart.day_clicked.connect(self._choose_day)
        self.save_button.clicked.connect(self._ask_where_to_save)
        self.time_button.clicked.connect(self._show_by_date)
        self._list_timer.timeout.connect(self._list_if_seen)
        QgsProject.instance().layersAdded.connect(self._on_project)
        QgsProject.instance().layersRemoved.connect(self._on_project)
        tree = QgsProject.instance().layerTreeRoot()
        tree.addedChildren.connect(self._on_project)
        tree.visibilityChanged.connect(self._on_project)
        self._on_areas(self.areas.currentLayer())
        self._on_source()

    def _on_project(self) -> None:
        """Layers come, go, or are shown or hidden; with a project that is opened all at once."""
        self._list_timer.start()

    def _list_if_seen(self) -> None:
        if self.isVisible():  # else the list is made when it is
            self._list_layers()

    def _list_layers(self) -> None:
        """Masks and images of the project."""
        self.layers.blockSignals(True)
        self.layers.clear()
        for layer in QgsProject.instance().mapLayers().values():
            if not isinstance(layer, QgsRasterLayer) or layer.providerType() != "gdal":
                continue
            if is_preview(layer) or (is_result(layer) and not _is_mask(layer)):
                continue
            item = QListWidgetItem(layer.name())
            item.setData(Qt.ItemDataRole.UserRole, layer.id())
            self.layers.addItem(item)
        self.layers.blockSignals(False)
        self._tick()

    def _tick(self) -> None:
        """What the user has ticked, and of the rest the masks that are shown.

        Of a mask and its reviewed version, or masks of one image, the one that is shown counts.
        """
        project = QgsProject.instance()
        nodes = project.layerTreeRoot().findLayers()
        shown = {node.layerId() for node in nodes if node.isVisible()}
        self.layers.blockSignals(True)
        for item in self._items():
            layer_id = item.data(Qt.ItemDataRole.UserRole)
            by_itself = layer_id in shown and _is_mask(project.mapLayer(layer_id))
            at_first = Qt.CheckState.Checked if by_itself else Qt.CheckState.Unchecked
            item.setCheckState(self._ticked.get(layer_id, at_first))
        self.layers.blockSignals(False)
        self._check()

    def _items(self) -> list[QListWidgetItem]:
        return [self.layers.item(row) for row in range(self.layers.count())]

    def _on_tick(self, item: QListWidgetItem) -> None:
        self._ticked[item.data(Qt.ItemDataRole.UserRole)] = item.checkState()
        self._check()

    def _on_areas(self, layer: object) -> None:
        self.names.setLayer(layer if isinstance(layer, QgsVectorLayer) else None)
        self._check()

    def _on_source(self) -> None:
        is_folder = self.source.currentIndex() == 1
        self.layers.setVisible(not is_folder)
        self.folder.setVisible(is_folder)
        self._check()

    def _check(self) -> None:
        """Let only what can be run be run."""
        problem = ""
        if self.areas.currentLayer() is None:
            problem = tr("Add a layer of polygons to the project.")
        elif self.source.currentIndex() == 1 and not self.folder.filePath():
            problem = tr("Choose a folder.")
        elif self.source.currentIndex() == 0 and not self._chosen_layers():
            problem = tr("Choose masks or images.")
        self.run_button.setEnabled(not problem)
        self.run_button.setToolTip(problem)

    def _chosen_layers(self) -> list[QgsRasterLayer]:
        layers = [
            QgsProject.instance().mapLayer(item.data(Qt.ItemDataRole.UserRole))
            for item in self._items()
            if item.checkState() == Qt.CheckState.Checked
        ]
        return [layer for layer in layers if layer is not None]

    def _start(self) -> None:
        algorithm = QgsApplication.processingRegistry().createAlgorithmById(_ALGORITHM)
        parameters = {
            "MODEL": MODEL.get() or None,
            "DEVICE": DEVICE.get(),
            "AREAS": self.areas.currentLayer().id(),
            "NAME_FIELD": self.names.currentField(),
            "LEAST_CLEAR": self.least_clear.value(),
            "OUTPUT": QgsProcessingUtils.generateTempFilename("areas_by_date.gpkg"),
        }
        layers: list[QgsRasterLayer] = []
        if self.source.currentIndex() == 1:
            parameters["FOLDER"] = self.folder.filePath()
        else:
            layers = self._chosen_layers()
            parameters["MASKS"] = [layer.id() for layer in layers if layer.bandCount() == 1]
            parameters["SCENES"] = [layer.id() for layer in layers if layer.bandCount() > 1]
        layer_ids = [layer.id() for layer in layers]
        run = AlgorithmRun(
            algorithm,
            parameters,
            lambda results: self._on_ended(run, layer_ids, results["OUTPUT"], ""),
            lambda sentence: self._on_ended(run, layer_ids, "", sentence),
        )
        accepted, problem = algorithm.checkParameterValues(parameters, run.context)
        if not accepted:
            self.note.say(problem, is_warning=True)
            return
        self.note.say("")
        self._run = run
        run.progressed.connect(self._on_progress)
        self._show_busy(True)
        run.start()

    def _on_progress(self, percent: float) -> None:
        self.progress.setMaximum(100 if percent > 0 else 0)
        self.progress.setValue(round(percent))

    def _on_ended(self, run: AlgorithmRun, layer_ids: list[str], output: str, failure: str) -> None:
        if run is not self._run:  # the plugin was unloaded
            return
        self._run = None
        self._show_busy(False)
        if output:
            self._output, self._counted_ids = output, layer_ids
            self.observations = _read(output)
        self.note.say(failure or "\n".join(run.feedback.warnings), is_warning=True)
        self._show_results()

    def _show_busy(self, is_busy: bool) -> None:
        self.run_button.setVisible(not is_busy)
        self.progress.setVisible(is_busy)
        self.cancel_button.setVisible(is_busy)
        self._on_progress(0)

    def _show_results(self) -> None:
        self.area.blockSignals(True)
        self.area.clear()
        self.area.addItems(list(self.observations))
        self.area.blockSignals(False)
        for widget in (
            self.chart,
            self.legend,
            self.told,
            self.table,
            self.save_button,
            self.time_button,
        ):
            widget.setVisible(bool(self.observations))
        self.area.setVisible(len(self.observations) > 1)
        self._show_area()

    def _show_area(self) -> None:
        series = self.observations.get(self.area.currentText(), [])
        least_clear = float(self.least_clear.value())
        self.chart.show_series(series, least_clear)
        self.told.setText(told(series, least_clear))
        self.table.setRowCount(0)
        for row, one in enumerate(sorted(series, key=lambda one: one.day)):
            self.table.insertRow(row)
            values = [one.day.isoformat(), *(f"{getattr(one, name):.0f} %" for name in _COLUMNS)]
            for column, value in enumerate(values):
                item = QTableWidgetItem(value)
                item.setData(Qt.ItemDataRole.UserRole, one.day)
                if column:
                    item.setData(Qt.ItemDataRole.TextAlignmentRole, RIGHT)
                if one.clear_percent >= least_clear:
                    font = item.font()
                    font.setBold(True)
                    item.setFont(font)
                item.setToolTip(one.scenes)
                self.table.setItem(row, column, item)

    def _choose_day(self, day: date) -> None:
        for row in range(self.table.rowCount()):
            if self.table.item(row, 0).data(Qt.ItemDataRole.UserRole) == day:
                self.table.selectRow(row)

    def _on_row(self) -> None:
        items = self.table.selectedItems()
        self.chart.choose(items[0].data(Qt.ItemDataRole.UserRole) if items else None)

    def _ask_where_to_save(self) -> None:
        path = ask_where_to_save(self, tr("Save Table"), tr("CSV files (*.csv)"), "csv")
        if path:
            self.save_table(path)

    def save_table(self, path: str) -> None:
        """Write all areas and days as CSV; the user has agreed that a file there is replaced."""
        try:
            with (
                replacing(path, [self._output]) as temporary,
                open(temporary, "w", newline="", encoding="utf-8") as file,
            ):
                writer = csv.writer(file)
                writer.writerow(["area", "date", *_COLUMNS, "scenes"])
                for series in self.observations.values():
                    for one in series:
                        values = [f"{getattr(one, name):.2f}" for name in _COLUMNS]
                        writer.writerow([one.area, one.day.isoformat(), *values, one.scenes])
        except (OSError, QgsProcessingException) as error:
            self.note.say(str(error), is_warning=True)
            return
        self.note.say(tr("Saved: {path}").format(path=path))

    def _show_by_date(self) -> None:
        """Add the layer of areas, set up the temporal controller, and give layers their days."""
        areas = QgsVectorLayer(self._output, tr("Areas by date"), "ogr")
        mark_as_result(areas)
        show_by_date(areas)
        QgsProject.instance().addMapLayer(areas)
        days = sorted({one.day for series in self.observations.values() for one in series})
        go_by_day(self._iface, days)
        layers = undated(self._counted_ids)

        def give(days_by_layer: dict[str, date]) -> None:
            self.note.say(
                tr(
                    "The temporal controller goes through {days} days; {count} layers of images "
                    "and masks got the time of their day."
                ).format(days=len(days), count=give_days(days_by_layer))
            )

        self._tasks.add(
            tr("Looking up the days of layers"),
            lambda feedback: days_of_layers(layers, feedback),
            give,
            lambda sentence: self.note.say(sentence, is_warning=True),
        )


def told(series: Sequence[Observation], least_clear: float) -> str:
    """Best dates and the longest gap of an area, in words."""
    if not series:
        return ""
    usable = [one for one in best_first(series) if one.clear_percent >= least_clear]
    if usable:
        best = ", ".join(f"{one.day.isoformat()} ({one.clear_percent:.0f} %)" for one in usable[:3])
        text = tr("Usable: {count} of {all} days. Best: {best}.").format(
            count=len(usable), all=len(series), best=best
        )
    else:
        text = tr("Usable: 0 of {all} days.").format(all=len(series))
    for gap in gaps(series, least_clear)[:1]:
        longest = (
            tr("Longest gap: 1 day, {first} to {last}.")
            if gap.days == 1
            else tr("Longest gap: {count} days, {first} to {last}.")
        )
        text += " " + longest.format(
            count=gap.days, first=gap.first.isoformat(), last=gap.last.isoformat()
        )
    return text


def _legend() -> str:
    """What the colours of the chart mean, from below."""
    return " &nbsp; ".join(
        f'<span style="color: {colour.name()}">■</span> {words}'
        for colour, words in (
            (CLEAR_COLOUR, tr("Clear")),
            (SHADOW_COLOUR, tr("Shadow")),
            (CLOUD_COLOUR, tr("Cloud")),
        )
    )


def _read(output: str) -> dict[str, list[Observation]]:
    """By area, in the order of the layer."""
    series: dict[str, list[Observation]] = defaultdict(list)
    for feature in QgsVectorLayer(output, "areas", "ogr").getFeatures():
        one = Observation(
            feature["area"],
            feature["date"].toPyDate(),
            *(feature[name] for name in _COLUMNS),
            feature["scenes"] or "",
        )
        series[one.area].append(one)
    return dict(series)


def _is_mask(layer: QgsRasterLayer) -> bool:
    """Whether it is one by what its file says, or by classes as masks of the plugin have them."""
    if is_cloud_mask(layer):
        return True
    if layer.bandCount() != 1 or layer.renderer() is None or layer.renderer().type() != "paletted":
        return False
    return {0, 1} <= {round(entry.value) for entry in layer.renderer().classes()} <= {0, 1, 2, 255}
