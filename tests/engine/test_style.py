"""The style beside masks of the command line."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cloudmamba.raster.style import mask_style, write_mask_style

STYLES = Path(__file__).parents[2] / "resources" / "styles"


def entries(style):
    return [entry.attrib for entry in ElementTree.fromstring(style).iter("paletteEntry")]


@pytest.mark.parametrize(("has_snow", "name"), [(False, "mask.qml"), (True, "product_mask.qml")])
def test_it_is_that_of_the_plugin(has_snow, name):
    assert entries(mask_style(True, has_snow)) == entries((STYLES / name).read_bytes())
    assert [(one["value"], one["alpha"]) for one in entries(mask_style(True, False))] == [
        ("0", "0"),
        ("1", "95"),
        ("2", "110"),
    ]


def test_classes_are_listed_only_where_they_were_looked_for(tmp_path):
    style = tmp_path / "m.qml"
    for has, values in (
        ((False, False), "01"),
        ((True, False), "012"),
        ((True, True), "0124"),
        ((False, False), "01"),
    ):
        write_mask_style(tmp_path / "m.tif", *has)
        found = [one["value"] for one in entries(style.read_text(encoding="utf-8"))]
        assert "".join(found) == values


def test_a_style_of_the_user_stays(tmp_path):
    (tmp_path / "m.qml").write_text("mine", encoding="utf-8")
    write_mask_style(tmp_path / "m.tif", False, False)
    assert (tmp_path / "m.qml").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("in_the_way", ["a folder", "nothing"])
def test_a_style_that_cannot_be_written_is_a_warning(tmp_path, caplog, in_the_way):
    mask = tmp_path / "m.tif"
    if in_the_way == "a folder":
        mask.with_suffix(".qml").mkdir()
    else:
        mask = tmp_path / "gone" / "m.tif"
    write_mask_style(mask, False, False)
    assert "The style of the mask was not written" in caplog.text and "m.qml" in caplog.text
