"""Scores of cloud shadow against counts made by hand."""

import csv
import dataclasses
import json

import numpy as np
import pytest
from stand_ins import ShadowModel
from synthetic_data import COLUMNS, SCALE, write_raster

from cloudmamba.cli import main
from cloudmamba.data.images import LABELS, TEACHERS, read_record
from cloudmamba.data.index import read_index
from cloudmamba.errors import InputError
from cloudmamba.evaluation.maskers import ModelMasker, ThresholdMasker
from cloudmamba.evaluation.metrics import Confusion
from cloudmamba.evaluation.report.comparison import compare
from cloudmamba.evaluation.report.tables import all_tables
from cloudmamba.evaluation.scoring import Settings, pool_shadow, score
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba
from cloudmamba.training.teachers.labels import SoftLabel, write_soft_label
from cloudmamba.training.teachers.shadow import with_teachers_shadow

# Of 32 rows the first is not labelled, two columns of 8 are of each kind.
CODES = np.repeat([1, 3, 0, 3], 8)[None].repeat(32, 0).astype(np.uint8)
CODES[0] = 255
# The model calls dark near infrared shadow, but not where visible light is bright.
VISIBLE = np.repeat([0.9, 0.1, 0.1, 0.1], 8)
NEAR_INFRARED = np.repeat([0.05, 0.05, 0.05, 0.3], 8)
BY_HAND = Confusion(*[31 * 8] * 4)


@pytest.fixture
def data(tmp_path):
    """The same image where shadow is labelled, where it is not, and where a column says it is."""
    image = np.stack([*[VISIBLE] * 3, NEAR_INFRARED])[:, None].repeat(32, 1)
    numbers = np.round(image / SCALE).astype(np.uint16)
    rows = []
    for name, sensor, told in (
        ("shadow/a", "Sentinel-2 MSI", ""),
        ("manual/validation/b", "Landsat 8 OLI", ""),
        ("manual/validation/c", "Gaofen-1 WFV", "labelled"),
    ):
        write_raster(tmp_path / f"{name}.tif", numbers)
        write_raster(tmp_path / f"{name}_label.tif", CODES[None])
        values = (
            f"{name}.tif",
            f"{name}_label.tif",
            "blue green red nir",
            sensor,
            20,
            SCALE,
            0,
            "",
        )
        rows.append(dict(zip(COLUMNS, values, strict=True)) | {"shadow": told})
    with (tmp_path / "index.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*COLUMNS, "shadow"])
        writer.writeheader()
        writer.writerows(rows)
    return tmp_path


@pytest.fixture
def teachers(data):
    """A teacher that sees shadow in the second half, contradicts itself in the last columns."""
    shadow = np.repeat([0, 0.2, 0.9, 0.9], 8)[None].repeat(32, 0).astype(np.float32)
    agreement = np.ones_like(shadow)
    agreement[:, 28:] = 0.3
    shadow[0] = np.nan
    folder = data / "teachers"
    soft = SoftLabel(np.zeros_like(shadow), shadow, agreement)
    write_soft_label(folder / "manual" / "validation" / "b_ukis-csmask.tif", soft)
    return folder


def test_shadow_counts_where_it_was_looked_for_alone(data):
    masker = ModelMasker("m", CloudMasker.of(ShadowModel()))
    scores = score(masker, read_index(data))
    assert [item.shadows for item in scores] == [{LABELS: BY_HAND}, {}, {LABELS: BY_HAND}]
    pooled = pool_shadow(scores, LABELS)
    assert list(pooled) == ["Gaofen-1 WFV", "Sentinel-2 MSI", "all"]
    assert pooled["all"] == BY_HAND + BY_HAND
    assert (pooled["all"].f1, pooled["all"].precision) == (0.5, 0.5)


def test_shadow_against_teachers(data, teachers):
    record = read_index(data)[1]
    image = with_teachers_shadow(read_record(record), record, teachers)
    scored = score_of(ShadowModel(), image)
    # Twelve columns of shadow are known, of which the model finds eight; it calls eight others so.
    assert scored.shadows == {TEACHERS: Confusion(31 * 8, 31 * 8, 31 * 4, 31 * 8)}
    other = read_index(data)[2]
    assert TEACHERS not in with_teachers_shadow(read_record(other), other, teachers).shadows
    small = dataclasses.replace(read_record(record), label=np.zeros((4, 4), np.uint8))
    with pytest.raises(InputError, match="'b' .* another size"):
        with_teachers_shadow(small, record, teachers)


def score_of(model, image):
    comparison = compare(
        {}, [image], [ModelMasker("m", CloudMasker.of(model))], Settings(hard_crop_px=32)
    )
    return comparison.results[0].scores[0]


def test_tables_of_shadow_are_by_sensor_and_of_models_that_tell_it(data):
    images = list(map(read_record, read_index(data)))
    maskers = [ModelMasker("m", CloudMasker.of(ShadowModel())), ThresholdMasker(0.5)]
    (table,) = (
        table
        for table in all_tables(compare({}, images, maskers, Settings(hard_crop_px=32)))
        if "shadow" in table.title
    )
    assert table.title == "Cloud shadow against the labels"
    assert [label for label, _ in table.rows] == ["m, Gaofen-1 WFV", "m, Sentinel-2 MSI", "m"]
    assert table.rows[-1][1] == [0.5] * 5
    assert "2 of 3" in table.note


def test_evaluate_writes_shadow_to_all_its_results(data, teachers, tmp_path, capsys):
    model = CloudMamba(ModelConfiguration(widths=(8, 8), state_size=1, shadow=True))
    weights = tmp_path / "m.safetensors"
    card = {"name": "m", "version": "1", "trained_on": "nothing", "licence": "none"}
    save_model(model, weights, card)
    arguments = ["evaluate", str(data), "--model", str(weights), "--device", "cpu"]
    files = ["--json", str(tmp_path / "s.json"), "--html", str(tmp_path / "s.html")]
    assert main([*arguments, *files, "--teachers", str(teachers), "--panels", "0"]) == 0
    (method,) = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["methods"].values()
    assert set(method["shadow"]) == {"labels", "teachers"}
    of_labels = method["shadow"]["labels"]["Gaofen-1 WFV"]
    assert of_labels["true_positive"] + of_labels["false_negative"] == 2 * 31 * 8
    assert set(method["images"]["b"]["shadow"]) == {"teachers"}
    for text in (capsys.readouterr().out, (tmp_path / "s.html").read_text(encoding="utf-8")):
        assert "Cloud shadow against the labels" in text
        assert "Cloud shadow against the teachers" in text
    assert main([*arguments, "--teachers", str(tmp_path / "none")]) == 3
    assert "has no labels of these images" in capsys.readouterr().err
