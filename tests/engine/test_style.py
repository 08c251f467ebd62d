"""The style beside masks of the command line."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cloudmamba.errors import OutputError
from cloudmamba.raster.style import MASK_STYLE, write_mask_style

PLUGIN_STYLE = Path(__file__).parents[2] / "resources" / "styles" / "mask.qml"


def entries(style):
    return [entry.attrib for entry in ElementTree.fromstring(style).iter("paletteEntry")]


def test_it_is_that_of_the_plugin():
    assert entries(MASK_STYLE) == entries(PLUGIN_STYLE.read_bytes())
    assert [(one["value"], one["alpha"]) for one in entries(MASK_STYLE)] == [
        ("0", "0"),
        ("1", "95"),
        ("2", "110"),
    ]


def test_a_style_of_the_user_stays(tmp_path):
    write_mask_style(tmp_path / "m.tif")
    assert (tmp_path / "m.qml").read_text(encoding="utf-8") == MASK_STYLE
    (tmp_path / "m.qml").write_text("mine", encoding="utf-8")
    write_mask_style(tmp_path / "m.tif")
    assert (tmp_path / "m.qml").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_is_gone_is_told(tmp_path):
    with pytest.raises(OutputError, match=r"m\.qml"):
        write_mask_style(tmp_path / "gone" / "m.tif")
