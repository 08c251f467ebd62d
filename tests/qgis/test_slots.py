"""What happens in a slot is not lost: the next step of a test may not depend on it."""

import subprocess
import sys

RAISES_IN_A_SLOT = """
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QPushButton

def test_click(qtbot):
    button = QPushButton()
    qtbot.addWidget(button)
    button.clicked.connect(lambda: 1 / 0)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
"""


def test_an_exception_in_a_slot_fails_its_test(tmp_path):
    path = tmp_path / "test_slot.py"
    path.write_text(RAISES_IN_A_SLOT)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", path]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "Exceptions caught in Qt event loop" in ended.stdout
    assert "ZeroDivisionError" in ended.stdout
