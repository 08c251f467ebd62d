"""The files of an evaluation: JSON, and an HTML report that stands alone."""

import base64
import json
import math
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from rasterio.io import MemoryFile
from synthetic_data import make_data_folder

from cloudmamba.cli import main
from cloudmamba.data.images import read_record
from cloudmamba.data.index import read_index
from cloudmamba.errors import OutputError
from cloudmamba.evaluation.maskers import ModelMasker, ThresholdMasker
from cloudmamba.evaluation.report import comparison
from cloudmamba.evaluation.report.comparison import compare
from cloudmamba.evaluation.report.html_report import as_html
from cloudmamba.evaluation.report.pictures import (
    CLEAR_COLOUR,
    CLOUD_COLOUR,
    FALSE_COLOUR,
    MISSED_COLOUR,
    NO_DATA_COLOUR,
    error_colours,
    true_colour,
)
from cloudmamba.evaluation.report.plots import Line, bar_plot, line_plot
from cloudmamba.evaluation.report.results_file import OutputFile, as_json
from cloudmamba.evaluation.report.tables import Column, Table, all_tables, as_text, shown
from cloudmamba.evaluation.scoring import Settings
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import load_model, save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba

VOID = {"meta", "img", "br", "link", "input", "hr"}
NASTY = '<script>alert("x")</script> & model'


class Checker(HTMLParser):
    """Checks that tags are closed in order and gathers what is referred to."""

    def __init__(self):
        super().__init__()
        self.open, self.references, self.tags = [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.references += [v for k, v in attributes if k in ("src", "href", "srcset", "data")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def checked(html):
    checker = Checker()
    checker.feed(html)
    checker.close()
    assert checker.open == []
    return checker


@pytest.fixture
def compared(tmp_path, brightness_model):
    records = [
        r for r in read_index(make_data_folder(tmp_path / "d")) if r.folder == "manual/validation"
    ]
    maskers = [
        ModelMasker(NASTY, CloudMasker.of(brightness_model, {"licence": "<b>"})),
        ThresholdMasker(0.9),
        ModelMasker("<q>other", CloudMasker.of(brightness_model)),
    ]
    data = {
        "data": "d<e>",
        "subset": "manual/validation",
        "held_out_places_only": False,
        "near_infrared": True,
        "sensors": ["Sentinel-2 MSI"],
        "images": 2,
    }
    return compare(data, map(read_record, records), maskers, Settings(hard_crop_px=32), panels=1)


def test_report_is_well_formed_and_stands_alone(compared):
    html = as_html(compared)
    checker = checked(html)
    assert checker.references
    assert all(reference.startswith("data:image/") for reference in checker.references)
    assert not {"script", "link", "iframe", "object"} & set(checker.tags)
    assert not re.search(r"https?://|url\(|@import", html)
    assert html.count("<svg") == 3


def test_report_escapes_names(compared):
    html = as_html(compared)
    assert NASTY not in html
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; model" in html
    assert "d&lt;e&gt;" in html
    assert "<q>" not in html
    assert "errors of &lt;q&gt;other" in html


def test_report_has_stages_of_the_worst_image_only(compared):
    html = as_html(compared)
    for caption in (
        *("image", "reference", "Pc", "Pc &gt; tau_c", "U", "M"),
        *("Pr", "Pr &gt; tau_r", "mask", "errors"),
    ):
        assert html.count(f"<figcaption>{caption}</figcaption>") == 1
    worst = max(compared.results[0].scores, key=lambda s: 1 - s.counts.overall_accuracy)
    assert [panel.image for panel in compared.panels] == [worst.image]


def test_pictures_decode_to_the_size_of_the_image(compared):
    for picture in (*compared.panels[0].stages, *compared.panels[0].others):
        content = base64.b64decode(picture.uri.partition(",")[2])
        with MemoryFile(content) as memory, memory.open() as dataset:
            assert (dataset.count, *dataset.shape) == (3, 64, 64)


def test_error_colours_tell_the_kinds_apart():
    mask = np.array([[1, 0, 1, 0, 1, 255]], np.uint8)
    label = np.array([[1, 0, 0, 1, 255, 1]], np.uint8)
    expected = [
        CLOUD_COLOUR,
        CLEAR_COLOUR,
        FALSE_COLOUR,
        MISSED_COLOUR,
        NO_DATA_COLOUR,
        NO_DATA_COLOUR,
    ]
    assert error_colours(mask, label)[0].tolist() == [list(colour) for colour in expected]


def test_true_colour_is_red_green_blue():
    reflectance = np.zeros((4, 1, 3), np.float32)
    reflectance[2, 0, 0] = reflectance[1, 0, 1] = reflectance[0, 0, 2] = 0.5
    picture = true_colour(reflectance, np.ones((1, 3), bool))
    assert picture[0].argmax(-1).tolist() == [0, 1, 2]


def test_json_holds_everything_and_no_nan(compared):
    text = as_json(compared)
    assert "NaN" not in text
    content = json.loads(text)
    assert content["format"] == "cloudmamba-evaluation-1"
    assert content["versions"]["torch"]
    method = content["methods"][NASTY]
    counts = compared.results[0].scores[0].counts
    image = method["images"]["v0"]
    assert image["true_positive"] == counts.true_positive
    assert image["cloud_iou"] == pytest.approx(counts.cloud_iou)
    assert method["uncertainty"]["all"]["aurc"] > 0
    assert list(method["uncertainty"]["all"]["risk_by_retained_share"])[-1] == "1.00"
    # All pixels kept: the risk is the error.
    pooled = method["pooled"]["all"]
    risk = method["uncertainty"]["all"]["risk_by_retained_share"]["1.00"]
    assert risk == pytest.approx(1 - pooled["overall_accuracy"])
    # The threshold of 0.9 calls nothing cloud: its precision is not defined.
    assert content["methods"]["darkest band > 0.9"]["pooled"]["all"]["precision"] is None
    hard = content["hard_subset"]
    assert hard["candidates"] == 8
    assert len(hard["crops"]) == 1
    assert hard["methods"][NASTY]["single_stage"] != hard["methods"][NASTY]["counts"]


def test_undefined_scores_are_dashes(compared):
    assert shown(math.nan, Column("x")) == "–"
    assert shown(0.12345, Column("x")) == "12.35"
    assert shown(0.12345, Column("x", unit="number")) == "0.1235"
    text = as_text(all_tables(compared)[0])
    assert " - " in next(line for line in text.splitlines() if line.startswith("darkest"))
    assert "nan" not in text
    assert ">nan<" not in as_html(compared)


def test_best_of_a_column():
    columns = [Column("more", 1), Column("less", -1), Column("neither")]
    rows = [("a", [0.1, 0.2, 0.3]), ("b", [0.4, math.nan, 0.6]), ("c", [0.2, 0.1, 0.3])]
    table = Table("t", columns, rows)
    assert [table.best(number) for number in (0, 1)] == [0.4, 0.1]
    assert math.isnan(table.best(2))


def test_false_alarms_are_counted_and_named(tmp_path, brightness_model):
    records = [r for r in read_index(make_data_folder(tmp_path)) if r.folder == "clear"]
    maskers = [ThresholdMasker(-1), ThresholdMasker(2)]
    result = compare({}, map(read_record, records), maskers, Settings())
    table = next(t for t in all_tables(result) if t.title == "False cloud on clear images")
    assert [values[:2] for _, values in table.rows] == [[8, 1.0], [0, 0.0]]
    assert "darkest band > -1 fails on 8: c0, c1" in table.note
    assert "darkest band > 2 fails" not in table.note


def svg_of(markup):
    return ElementTree.fromstring(markup[: markup.index("</svg>") + 6])


def test_line_plot_puts_points_where_they_belong():
    svg = svg_of(line_plot("t", [Line("a", [0, 0.5, 1], [0, math.nan, 1])], "x", "y", y_max=1))
    points = [p.split(",") for p in svg.find("polyline").get("points").split()]
    assert len(points) == 2
    (x0, y0), (x1, y1) = [[float(v) for v in point] for point in points]
    axis = next(line for line in svg.iter("line") if line.get("class") == "axis")
    assert x0 < x1
    assert y0 > y1
    width, height = (float(v) for v in svg.get("viewBox").split()[2:])
    assert 0 < x0 < x1 < width
    assert 0 < y1 < y0 < height
    assert axis is not None


def test_bars_are_as_long_as_their_values():
    svg = svg_of(bar_plot("t", ["a<", "b"], [("one", [0.25, math.nan]), ("two", [0.5, 1])]))
    widths = [float(bar.get("width")) for bar in svg.iter("rect")]
    assert widths[1] == 0
    assert widths[2] == pytest.approx(2 * widths[0], abs=0.2)
    assert widths[3] == pytest.approx(4 * widths[0], abs=0.2)


def test_plots_of_nothing_are_plots():
    svg_of(line_plot("t", [Line("a", [], [])], "x", "y"))
    svg_of(line_plot("t", [Line("a", [0, 1], [0, 0])], "x", "y"))


def _always(folder):
    model = CloudMamba(ModelConfiguration(widths=(8, 8), state_size=1)).eval()
    with torch.no_grad():
        model.head.weight.zero_()
        model.head.bias.fill_(9.0)
    card = {"name": "always", "version": "1", "trained_on": "-", "licence": "-"}
    path = folder / "always.safetensors"
    save_model(model, path, card)
    return path


def test_command_writes_both_files_and_only_over_its_own(tmp_path, capsys):
    data, model = make_data_folder(tmp_path / "data"), _always(tmp_path)
    html, scores = tmp_path / "report.html", tmp_path / "scores.json"
    arguments = ["evaluate", str(data), "--model", str(model), "--html", str(html)]
    arguments += ["--json", str(scores)]
    assert main(arguments) == 0
    assert main(arguments) == 0
    checked(html.read_text(encoding="utf-8"))
    facts = json.loads(scores.read_text())["methods"]["always 1"]["facts"]
    assert facts["checksum"] == load_model(model)[1]["checksum"]
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "always.safetensors",
        "data",
        "report.html",
        "scores.json",
    ]
    scores.write_text('{"mine": 1}')
    capsys.readouterr()
    assert main(arguments) == 4
    assert "choose another name" in capsys.readouterr().err
    assert scores.read_text() == '{"mine": 1}'


def test_outputs_are_checked_before_the_work(tmp_path, capsys, monkeypatch):
    data = make_data_folder(tmp_path / "data")
    monkeypatch.setattr(comparison, "compare", lambda *_: pytest.fail("it went to work"))
    for path, words in ((tmp_path / "no" / "r.html", "no folder"), (tmp_path, "is a folder")):
        assert main(["evaluate", str(data), "--html", str(path)]) == 4
        assert words in capsys.readouterr().err


def test_both_files_must_differ(tmp_path, capsys):
    data = make_data_folder(tmp_path / "data")
    same = str(tmp_path / "out")
    assert main(["evaluate", str(data), "--html", same, "--json", same]) == 4
    assert "same file" in capsys.readouterr().err


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.json"
    path.write_text("old mark")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OutputError, match="No space left"):
        OutputFile(path, "mark").write("new mark")
    assert path.read_text() == "old mark"
    assert list(tmp_path.iterdir()) == [path]


def test_two_models_of_one_name_are_told_apart_by_checksum(tmp_path, capsys):
    data = make_data_folder(tmp_path / "data")
    model = _always(tmp_path)
    other = tmp_path / "other.safetensors"
    network, card = load_model(model)
    with torch.no_grad():
        network.head.bias.fill_(-9.0)
    save_model(network, other, {k: v for k, v in card.items() if k != "checksum"})
    assert main(["evaluate", str(data), "--model", str(model), "--model", str(other)]) == 0
    text = capsys.readouterr().out
    for path in (model, other):
        assert f"always 1 ({load_model(path)[1]['checksum'][:8]})" in text
