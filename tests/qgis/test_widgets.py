"""Small widgets and what they count."""

import pytest


@pytest.fixture(autouse=True)
def _staged(qgis_app):
    """These modules are those of the staged plugin."""


def test_buttons_go_on_in_the_next_line():
    from cloudmamba_qgis.gui.widgets.flow_layout import FlowLayout
    from qgis.PyQt.QtWidgets import QPushButton, QWidget

    buttons = [QPushButton(text) for text in ("Rückgängig machen", "Weiter", "Zurück")]
    box = QWidget()
    layout = FlowLayout(*buttons)
    box.setLayout(layout)
    wide = layout.sizeHint().width()
    box.resize(wide, 200)
    box.show()
    layout.setGeometry(box.rect())
    assert len({button.y() for button in buttons}) == 1
    assert buttons[-1].geometry().right() <= wide
    assert layout.minimumSize().width() < 0.6 * wide
    narrow = layout.minimumSize().width()
    box.resize(narrow, 200)
    layout.setGeometry(box.rect())
    assert len({button.y() for button in buttons}) > 1
    assert all(button.geometry().right() <= narrow for button in buttons)
    assert layout.heightForWidth(narrow) > layout.heightForWidth(wide)
    buttons[0].hide()
    assert layout.sizeHint().width() < wide


def test_names_that_look_like_markup_are_shown_as_they_are():
    from cloudmamba_qgis.gui.widgets.note import Note
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QLabel

    note = Note()
    note.say("'<img src=\"x.png\"><b>a.tif' cannot be read")
    (label,) = (one for one in note.findChildren(QLabel) if one.text())
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_time_left_is_told_when_it_is_known():
    from cloudmamba_qgis.time_left import TimeLeft

    now = [100.0]
    left = TimeLeft(lambda: now[0])
    assert left.words(50) == ""
    now[0] += 20
    assert left.words(1) == "", "too early"
    assert left.seconds(20) == 80 and left.words(20) == "about 80 s left"
    assert left.words(10) == "about 3 min left"
    assert left.words(90) == "", "so little is not worth a word"


def test_progress_never_goes_back_and_ends_at_the_end():
    from cloudmamba_qgis.time_left import SteadyProgress

    progress = SteadyProgress()
    shown = [progress.percent(done, total) for done, total in (
        (0, 1), (0.5, 1), (0.8, 1), (0.8, 3), (1.0, 3), (2.0, 3), (3.0, 3)
    )]  # fmt: skip
    assert shown == sorted(shown)
    assert shown[:3] == [0, 50, 80] and shown[3] == 80 and shown[-1] == 100
    assert shown[4] > 80, "it goes on at once"


def test_settings_of_before_and_nonsense(plugin):
    from cloudmamba_qgis.settings import BUFFER_PX, DOCK_IS_OPEN, REVIEW_THRESHOLD
    from qgis.core import QgsSettings

    QgsSettings().setValue(BUFFER_PX.key, "3.0")
    QgsSettings().setValue(REVIEW_THRESHOLD.key, "much")
    QgsSettings().setValue(DOCK_IS_OPEN.key, "true")
    assert (BUFFER_PX.get(), REVIEW_THRESHOLD.get(), DOCK_IS_OPEN.get()) == (3, 0.5, True)
    for setting in (BUFFER_PX, REVIEW_THRESHOLD, DOCK_IS_OPEN):
        QgsSettings().remove(setting.key)
    assert (BUFFER_PX.get(), DOCK_IS_OPEN.get()) == (0, False)


def test_words_of_a_check_box_take_a_second_line(plugin, qtbot):
    from cloudmamba_qgis.gui.widgets.wrapping_check_box import WrappingCheckBox
    from qgis.PyQt.QtCore import QPoint
    from qgis.PyQt.QtWidgets import QVBoxLayout, QWidget

    panel, box = QWidget(), WrappingCheckBox("&Remember for images like this")
    qtbot.addWidget(panel)
    QVBoxLayout(panel).addWidget(box)
    panel.resize(box.sizeHint().width() + 40, 200)
    panel.show()
    one_line = box.heightForWidth(box.width())
    panel.resize(panel.width() // 2, 200)
    qtbot.waitUntil(lambda: box.heightForWidth(box.width()) > 1.5 * one_line)
    assert box.height() >= box.heightForWidth(box.width()), "nothing is cut off"
    qtbot.mouseClick(box, pos=QPoint(box.width() - 2, box.height() - 2))
    assert box.isChecked()


def test_a_message_gives_way_and_its_buttons_stay(plugin, window, qtbot):
    from cloudmamba_qgis.gui.one_click.messages import OneClickMessages
    from qgis.core import Qgis
    from qgis.PyQt.QtWidgets import QLabel, QPushButton

    bar = window.messageBar()
    window.mainWindow().setCentralWidget(bar)
    window.mainWindow().resize(640, 60)
    window.mainWindow().show()
    messages = OneClickMessages(bar)
    long = "13 % cloud – S2A_33TWL_20230815 – the bands were guessed <b>by their order</b>"
    messages.show(long, Qgis.MessageLevel.Warning, [("Save…", bool), ("Undo", bool)])
    assert window.message.text() == long and window.message.title() == "CloudMamba"
    label = window.message.label
    qtbot.waitUntil(lambda: label.text().endswith("…") and label.toolTip() == long)
    title = next(one for one in window.message.findChildren(QLabel) if "<b>" in one.text())
    save, undo = window.message.findChildren(QPushButton)
    assert title.isVisible() and (save.text(), undo.text()) == ("Save…", "Undo")
    before = bar.sizeHint().width()
    window.message.setText(long * 3)
    assert bar.sizeHint().width() == before, "a long text does not make the window wider"
    window.message.setText(long)
    for button in window.message.findChildren(QPushButton):
        right = button.mapTo(window.mainWindow(), button.rect().topRight()).x()
        assert right < window.mainWindow().width()
    window.mainWindow().resize(380, 60)
    qtbot.waitUntil(lambda: not title.isVisible() and save.text() == undo.text() == "")
    assert save.toolTip() == save.accessibleName() == "Save…" and not save.icon().isNull()
    qtbot.waitUntil(lambda: label.text().startswith("13 % cloud"))
    window.mainWindow().resize(1400, 60)
    qtbot.waitUntil(lambda: label.text() == long and label.toolTip() == "")
    assert title.isVisible() and undo.text() == "Undo"
    messages.close()
