"""A window to click in, and what is seen there afterwards."""

import json


class Window:
    """What the one click and the preview use of QGIS's interface."""

    def __init__(self):
        from qgis.core import QgsMapLayer
        from qgis.gui import QgsMapCanvas, QgsMessageBar
        from qgis.PyQt.QtCore import QObject, pyqtSignal
        from qgis.PyQt.QtWidgets import QMainWindow

        class LayerTree(QObject):
            current_changed = pyqtSignal(QgsMapLayer)

        self._tree = LayerTree()
        self.currentLayerChanged = self._tree.current_changed
        self._window = QMainWindow()
        self._bar = QgsMessageBar(self._window)
        self.canvas = QgsMapCanvas()
        self.selected, self.active = [], None

    def close(self):
        """As QGIS does: what outlives the application ends Python by a crash."""
        from qgis.PyQt import sip

        sip.delete(self.canvas)
        sip.delete(self._window)

    def mainWindow(self):
        return self._window

    def messageBar(self):
        return self._bar

    def activeLayer(self):
        return self.active

    def click_layer(self, layer):
        """In the layer tree."""
        self.active = layer
        self.currentLayerChanged.emit(layer)

    def mapCanvas(self):
        return self.canvas

    def layerTreeView(self):
        return self

    def selectedLayersRecursive(self):
        return self.selected

    @property
    def message(self):
        """The message that is shown, or None."""
        return self._bar.currentItem()

    def button(self, text):
        from qgis.PyQt.QtWidgets import QPushButton

        buttons = self.message.findChildren(QPushButton)
        return next(button for button in buttons if button.text() == text)

    @property
    def question(self):
        from qgis.PyQt.QtWidgets import QDialog

        dialogs = self._window.findChildren(QDialog, "cloudmambaBandsQuestion")
        return next((dialog for dialog in dialogs if dialog.isVisible()), None)


def is_over(window):
    """Whether a run has ended and nothing is asked."""
    from qgis.core import Qgis

    return (
        window.message is not None
        and window.message.level() != Qgis.MessageLevel.Info
        and window.question is None
    )


def mask(qtbot, one_click, window, *layers):
    """Click and wait until it is over."""
    window.selected = list(layers)
    one_click.mask_selected()
    qtbot.waitUntil(lambda: is_over(window))


def tree(group):
    """(name, shown or not, children) of everything in the layer tree, from the top."""
    return [
        (
            child.name(),
            child.itemVisibilityChecked(),
            *([tree(child)] if hasattr(child, "findLayers") and child.children() else []),
        )
        for child in group.children()
    ]


def results_of(name):
    return (
        f"{name} clouds",
        True,
        [(f"Cloud mask – {name}", True), (f"Uncertainty – {name}", False)],
    )


def request_of(tmp_path):
    return json.loads((tmp_path / "record.json").read_text())["request"]


def begin(qtbot, one_click, window, *layers):
    """Click, and wait until the engine is at work."""
    from qgis.PyQt.QtWidgets import QProgressBar

    window.selected = list(layers)
    one_click.mask_selected()
    progress = window.message.findChild(QProgressBar)
    qtbot.waitUntil(lambda: progress.value() > 0)


def answer_save_dialog(path, replaces):
    """Type a path into the next dialog that asks where to save, and answer what it asks then.

    Returns a list that will have that question.
    """
    from qgis.PyQt.QtCore import QTimer
    from qgis.PyQt.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox

    asked = []

    def answer():
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QMessageBox):
            asked.append(dialog.text())
            button = QMessageBox.StandardButton.Yes if replaces else QMessageBox.StandardButton.No
            QTimer.singleShot(0, dialog.button(button).click)
        elif isinstance(dialog, QFileDialog):
            if asked or getattr(dialog, "was_answered", False):
                dialog.reject()
                return
            dialog.was_answered = True
            dialog.findChild(QLineEdit).setText(path)
            QTimer.singleShot(0, dialog.accept)
        else:
            return
        QTimer.singleShot(100, answer)

    QTimer.singleShot(100, answer)
    return asked
