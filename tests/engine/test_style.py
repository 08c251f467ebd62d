"""The style beside masks of the command line."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cloudmamba.errors import OutputError
from cloudmamba.raster.style import MASK_STYLE_WITH_SHADOW, write_mask_style

PLUGIN_STYLE = Path(__file__).parents[2] / "resources" / "styles" / "mask.qml"


def entries(style):
    return [entry.attrib for entry in ElementTree.fromstring(style).iter("paletteEntry")]


def test_it_is_that_of_the_plugin():
    assert entries(MASK_STYLE_WITH_SHADOW) == entries(PLUGIN_STYLE.read_bytes())
    assert [(one["value"], one["alpha"]) for one in entries(MASK_STYLE_WITH_SHADOW)] == [
        ("0", "0"),
        ("1", "95"),
        ("2", "110"),
    ]


def test_cloud_shadow_is_listed_only_where_it_was_looked_for(tmp_path):
    style = tmp_path / "m.qml"
    for has_shadow, values in ((False, "01"), (True, "012"), (False, "01")):
        write_mask_style(tmp_path / "m.tif", has_shadow)
        found = [one["value"] for one in entries(style.read_text(encoding="utf-8"))]
        assert "".join(found) == values


def test_a_style_of_the_user_stays(tmp_path):
    (tmp_path / "m.qml").write_text("mine", encoding="utf-8")
    write_mask_style(tmp_path / "m.tif", False)
    assert (tmp_path / "m.qml").read_text(encoding="utf-8") == "mine"


def test_a_folder_that_is_gone_is_told(tmp_path):
    with pytest.raises(OutputError, match=r"m\.qml"):
        write_mask_style(tmp_path / "gone" / "m.tif", False)
