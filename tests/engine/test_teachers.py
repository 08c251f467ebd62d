"""Labels of teachers: how an image is shown, how answers come back, and programs of their own."""

import sys
from pathlib import Path

import numpy as np
import pytest
from synthetic_data import make_data_folder, write_raster

from cloudmamba.cli import main
from cloudmamba.data.index import read_index
from cloudmamba.errors import InputError
from cloudmamba.training.teachers import runner
from cloudmamba.training.teachers.known import TEACHERS
from cloudmamba.training.teachers.labels import (
    SoftLabel,
    View,
    consensus,
    read_soft_label,
    seen,
    unseen,
    views,
    write_soft_label,
)
from cloudmamba.training.teachers.runner import Task, ask
from cloudmamba.training.teachers.teach import _Question, companion_bands

# A teacher for tests: what is brighter than 0.3 is cloud, what is darker than 0.06 shadow.
PROGRAM = """
import json, sys
from pathlib import Path
import numpy as np
folder = Path(sys.argv[1])
for task in json.loads((folder / "request.json").read_text())["tasks"]:
    image = np.load(folder / task["input"], allow_pickle=False)
    light = image[task["bands"].index("red")]
    np.save(folder / task["output"], np.stack([light > 0.3, light < 0.06]).astype(np.float32))
"""


@pytest.fixture
def programs(tmp_path, monkeypatch):
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "ukis_csmask.py").write_text(PROGRAM)
    monkeypatch.setattr(runner, "PROGRAMS", folder)
    return folder


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("zoom", [1.0, 0.5])
def test_an_answer_comes_back_to_where_it_was_seen(flipped, zoom):
    image = np.zeros((1, 300, 280), np.float32)
    image[0, 40:80, 200:260] = 1
    view = View("l1c", zoom, flipped)
    task = seen(image, ("red",), view)
    assert min(task.image.shape[1:]) >= 256
    back = unseen(task.image, (300, 280), view)
    assert back.shape == image.shape
    # But for the edges, which a smaller view softens.
    assert np.abs(back - image)[0, 44:76, 204:256].max() < 0.05
    assert (np.abs(back - image) > 0.3).mean() < 0.01


def test_fine_images_are_also_seen_at_30_m():
    assert {view.zoom for view in views(10, ("l1c",))} == {1.0, 10 / 30}
    assert {view.zoom for view in views(30, ("l1c", "l2a"))} == {1.0}
    assert len(views(10, ("l1c", "l2a"))) == 8


def test_agreement_falls_where_views_contradict_each_other():
    valid = np.array([[True, True, False]])
    one, two = np.array([[[1.0, 1, 1]], [[0, 0, 0]]]), np.array([[[1.0, 0, 1]], [[0, 1, 0]]])
    label = consensus([one, two], valid)
    assert label.cloud[0, :2].tolist() == [1, 0.5]
    assert label.shadow[0, :2].tolist() == [0, 0.5]
    assert label.agreement[0, :2].tolist() == [1, 0]
    assert np.isnan(label.cloud[0, 2])


def test_soft_labels_survive_their_file(tmp_path):
    half, unknown = np.full((2, 3), 0.5, "f4"), np.full((2, 3), np.nan, "f4")
    write_soft_label(tmp_path / "a" / "label.tif", SoftLabel(half, unknown, half / 2))
    label = read_soft_label(tmp_path / "a" / "label.tif")
    assert np.array_equal(label.cloud, half)
    assert np.isnan(label.shadow).all()
    assert np.allclose(label.agreement, 0.25)


def test_teach_command_labels_images_once(tmp_path, programs, capsys):
    data = make_data_folder(tmp_path / "data", weakly_labelled=True)
    output = tmp_path / "labels"
    command = ["teach", str(data), "--teacher", "ukis-csmask", "--teacher-python", sys.executable]
    assert main([*command, "--output", str(output), "--folder", "unlabelled"]) == 0
    assert "2 images" in capsys.readouterr().out
    written = sorted(path.name for path in output.rglob("*.tif"))
    assert written == ["u0_ukis-csmask.tif", "u1_ukis-csmask.tif"]
    record = next(r for r in read_index(data) if r.name == "u0")
    image, _ = record.read()
    label = read_soft_label(output / "unlabelled" / "u0_ukis-csmask.tif")
    bright = image[2] > 0.3
    assert label.cloud[bright].mean() > 0.95
    assert label.cloud[~bright].mean() < 0.05
    before = (output / "unlabelled" / "u0_ukis-csmask.tif").stat().st_mtime_ns
    assert main([*command, "--output", str(output), "--folder", "unlabelled"]) == 0
    assert (output / "unlabelled" / "u0_ukis-csmask.tif").stat().st_mtime_ns == before


def test_a_folder_that_the_index_does_not_know_is_told(tmp_path, capsys):
    make_data_folder(tmp_path)
    arguments = ["teach", str(tmp_path), "--teacher", "ukis-csmask", "--teacher-python", "python"]
    assert main([*arguments, "--output", str(tmp_path / "o"), "--folder", "manual/tarin"]) == 3
    assert "in a folder 'manual/tarin'" in capsys.readouterr().err


def test_a_teacher_sees_no_black_where_there_is_no_data(tmp_path):
    data = make_data_folder(tmp_path, weakly_labelled=True)
    numbers = np.full((4, 64, 64), 2000, np.uint16)
    numbers[:, 10:40] = 0
    write_raster(data / "unlabelled/u0.tif", numbers)
    record = next(record for record in read_index(data) if record.name == "u0")
    question = _Question.of(record, tmp_path / "label.tif", TEACHERS["ukis-csmask"])
    tasks, valid = question.read()
    assert not valid[10:40].any() and valid[:10].all() and valid[40:].all()
    assert tasks and all(np.allclose(task.image, 0.2, atol=1e-4) for task in tasks)


def test_a_teacher_that_is_not_installed_is_named(tmp_path):
    task = Task(np.zeros((4, 256, 256), np.float32), ("blue", "green", "red", "nir"), "l1c")
    with pytest.raises(InputError, match="ukis-csmask failed .*ukis_csmask"):
        list(ask("ukis-csmask", Path(sys.executable), [task], 1))
    with pytest.raises(InputError, match="cannot be started"):
        list(ask("ukis-csmask", tmp_path / "nothing", [task], 1))


def test_an_answer_of_another_shape_is_refused(programs):
    (programs / "ukis_csmask.py").write_text(
        PROGRAM.replace("np.stack([light > 0.3,", "np.stack([light[1:] > 0.3,").replace(
            "light < 0.06]", "light[1:] < 0.06]"
        )
    )
    task = Task(np.zeros((4, 256, 256), np.float32), ("blue", "green", "red", "nir"), "l1c")
    with pytest.raises(InputError, match="another shape"):
        list(ask("ukis-csmask", Path(sys.executable), [task], 1))


def test_short_wave_infrared_beside_an_image_is_found(shared_data):
    record = next(r for r in read_index(shared_data) if r.name == "s2l1c_slovenia_ref0")
    bands = companion_bands(record)
    assert {"swir16", "swir22", "cirrus"} <= set(bands)
    assert bands["swir16"].max() < 1.5
    assert set(TEACHERS["s2cloudless"].wants) - set(bands)
