"""Batches without processes: lists, names, records, folders."""

import io
import json
import os
import shutil
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import rasterio
import synthetic_products
from synthetic_batch import OPTIONS, jobs_for, unfinished, write_model, write_scene

from cloudmamba.batch import job as job_module
from cloudmamba.batch.folder import open_folder
from cloudmamba.batch.job import CANCELLED, DONE, FAILED, finished_record, read_record, run_scene
from cloudmamba.batch.plan import plan_jobs, result_names
from cloudmamba.batch.scenes import ListedScene, read_scenes
from cloudmamba.detection import DetectionRequest
from cloudmamba.errors import InputError, ModelError, OutputError
from cloudmamba.inference import prepared_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp("model") / "tiny.safetensors")


@pytest.fixture
def scene(tmp_path):
    return write_scene(tmp_path / "scene.tif")


def paths(scenes):
    return [scene.path for scene in scenes]


def test_list_of_lines(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a b.tif").touch()
    listing = "\ufeff# scenes\n\n a b.tif \n/vsicurl/https://example.org/c.tif\na b.tif\nnone.tif\n"
    (tmp_path / "list.txt").write_text(listing, encoding="utf-8")
    expected = [str(tmp_path / "a b.tif"), "/vsicurl/https://example.org/c.tif", "none.tif"]
    assert paths(read_scenes("list.txt", tmp_path / "out")) == expected
    monkeypatch.setattr("sys.stdin", io.StringIO(listing.removeprefix("\ufeff")))
    assert paths(read_scenes("-", tmp_path / "out")) == expected


def test_table_with_settings_of_scenes(tmp_path, scene, model):
    table = tmp_path / "list.csv"
    table.write_text(f'scene, bands ,radiometry\n{scene},"3,2,1",\nother.tif,,sentinel2\n\n')
    scenes = read_scenes(str(table), tmp_path / "out")
    assert scenes == [
        ListedScene(str(scene), "3,2,1", ""), ListedScene("other.tif", "", "sentinel2"),
    ]  # fmt: skip
    options = OPTIONS | {"model": str(model), "bands": "1,2,3", "radiometry": "percent"}
    first, second = (job.request for job in plan_jobs(scenes, tmp_path, [], options))
    assert (first.bands, first.radiometry) == ("3,2,1", "percent")
    assert (second.bands, second.radiometry) == ("1,2,3", "sentinel2")


def test_masks_of_products_are_delivered_where_there_are_some(tmp_path, scene, model):
    product = synthetic_products.landsat(tmp_path / "archive")
    output = tmp_path / "out"
    jobs = jobs_for(
        [product, scene], output, model, ["product_mask"],
        product_mask_is_optional=True, add_product_classes=True,
    )  # fmt: skip
    outcomes = [run_scene(job) for job in jobs]
    assert [outcome.status for outcome in outcomes] == [DONE, DONE]
    with rasterio.open(output / f"{product.name}_product_mask.tif") as file:
        assert set(np.unique(file.read(1))) == {0, 1, 2, 4, 255}
    assert not (output / "scene_product_mask.tif").exists()
    warned = [any("no mask of its own" in w for w in outcome.warnings) for outcome in outcomes]
    assert warned == [False, True]
    assert all(finished_record(job) for job in jobs)
    (output / f"{product.name}_product_mask.tif").unlink()
    assert [bool(finished_record(job)) for job in jobs] == [False, True]


def test_folder_is_searched_but_for_the_results(tmp_path):
    for name in ("b/x.TIF", "a/y.jp2", "a/.hidden.tif", "a/notes.txt", "out/y_mask.tif", "z.vrt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = paths(read_scenes(str(tmp_path), tmp_path / "out"))
    assert found == [str(tmp_path / name) for name in ("z.vrt", "a/y.jp2", "b/x.TIF")]
    with pytest.raises(InputError, match="folder of the scenes and of the results"):
        read_scenes(str(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("none.txt", None, "no list or folder"),
        ("empty.txt", b"# nothing\n", "no scene"),
        ("scene.tif", b"II*\x00\xff\xfe", "not text"),
        ("a.csv", b"path,bands\nx.tif,1\n", "a column 'path'"),
        ("a.csv", b"bands\n1\n", "no column 'scene'"),
        ("a.csv", b"scene,bands\nx.tif,1,2,3\n", "Line 2"),
        ("a.csv", b"scene,bands\nx.tif,\"1,2,3\"\nx.tif,\n", "twice with different settings"),
    ],
)  # fmt: skip
def test_lists_that_are_refused(tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_scenes(str(tmp_path / name), tmp_path / "out")


def test_relative_paths_are_those_from_the_list_first(tmp_path, monkeypatch):
    for name in ("lists/a.tif", "a.tif", "b.tif"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lists" / "list.txt").write_text("a.tif\nb.tif\n")
    found = paths(read_scenes("lists/list.txt", tmp_path / "out"))
    assert found == [str(tmp_path / "lists" / "a.tif"), str(tmp_path / "b.tif")]


def test_files_of_one_product_are_one_scene(tmp_path, scene, caplog):
    product = synthetic_products.landsat(tmp_path / "archive")
    files = sorted(str(file) for file in product.glob("*_B[2-5].TIF"))
    assert len(files) == 4
    (tmp_path / "list.txt").write_text("\n".join([*files, str(scene)]))
    found = paths(read_scenes(str(tmp_path / "list.txt"), tmp_path / "out"))
    assert found == [files[0], str(scene)]
    assert "3 lines name further files of products" in caplog.text


def test_all_parts_of_a_safe_folder_are_one_scene(tmp_path, scene):
    safe = synthetic_products.safe(tmp_path / "archive", "2A")
    (granule,) = (safe / "GRANULE").iterdir()
    bands = [next(safe.rglob(f"*_{band}_10m.jp2")) for band in ("B02", "B03")]
    parts = [safe / "MTD_MSIL2A.xml", *bands, granule / "MTD_TL.xml", granule, safe]
    for first in parts:
        listed = [first, *(part for part in parts if part != first), scene]
        (tmp_path / "list.txt").write_text("\n".join(map(str, listed)))
        found = paths(read_scenes(str(tmp_path / "list.txt"), tmp_path / "out"))
        assert found == [str(first), str(scene)]
        assert result_names(found, tmp_path / "out") == [safe.stem, "scene"]


def test_tiles_of_one_safe_folder_are_scenes_of_their_own(tmp_path):
    safe = synthetic_products.safe_of_2015(tmp_path)
    (granule,) = (safe / "GRANULE").iterdir()
    other = granule.with_name(granule.name.replace("T33TUL", "T33TVL"))
    shutil.copytree(granule, other)
    for path in list(other.rglob("*T33TUL*")):
        path.rename(path.with_name(path.name.replace("T33TUL", "T33TVL")))
    tiles = [
        next(tile.rglob(f"*_{band}.jp2")) for tile in (granule, other) for band in ("B02", "B03")
    ]
    (metadata,) = safe.glob("*.xml")
    (tmp_path / "list.txt").write_text("\n".join(map(str, [metadata, *tiles])))
    found = paths(read_scenes(str(tmp_path / "list.txt"), tmp_path / "out"))
    assert found == [str(metadata), str(tiles[0]), str(tiles[2])]
    names = result_names(found, tmp_path / "out")
    assert names[1] == safe.stem and names[2].startswith(f"{safe.stem}-")


def test_links_are_searched_but_not_in_circles(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    write_scene(elsewhere / "b.tif")
    archive = tmp_path / "archive"
    archive.mkdir()
    (archive / "link").symlink_to(elsewhere)
    (elsewhere / "back").symlink_to(archive)
    found = paths(read_scenes(str(archive), tmp_path / "out"))
    assert found == [str(archive / "link" / "b.tif")]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_folder_that_may_not_be_read_is_told(tmp_path):
    write_scene(tmp_path / "a.tif")
    (tmp_path / "closed").mkdir(mode=0)
    with pytest.raises(InputError, match="closed' cannot be searched"):
        read_scenes(str(tmp_path), tmp_path / "out")


def test_no_scene_has_the_name_of_the_collection(tmp_path):
    assert result_names(["/a/collection.tif"], tmp_path) == ["collection_scene"]


def test_results_of_one_scene_are_never_those_of_another(tmp_path, model):
    """As the product's mask of one and the mask, or the item of one and the record, of another."""
    scenes = [tmp_path / name for name in ("x.tif", "x_product.tif", "x.stac.tif", "X_PRODUCT.tif")]
    jobs = jobs_for(
        scenes, tmp_path / "out", model, ["product_mask"],
        product_mask_is_optional=True, stac_is_in_batch=True,
    )  # fmt: skip
    files = [path for job in jobs for path in (job.record_path, *job.results.values())]
    assert len({path.name.casefold() for path in files}) == len(files)
    assert jobs[0].name == "x" and jobs[1].name.startswith("x_product-")


def test_names_do_not_collide(tmp_path):
    names = result_names(["/a/x.tif", "/b/x.tif", "/b/X.tif", "/c/ä b.tif", "/c/y.z.tif"], tmp_path)
    assert names[0] == "x"
    assert names[1].startswith("x-") and names[2].startswith("X-") and names[1] != names[2]
    assert names[3:] == ["ä_b", "y.z"]
    assert len({name.casefold() for name in names}) == 5


def test_a_scene_keeps_its_name_when_the_list_changes(tmp_path, model):
    scenes = [write_scene(tmp_path / folder / "x.tif", seed=i) for i, folder in enumerate("abc")]
    out = tmp_path / "out"
    jobs = jobs_for(scenes[:2], out, model)
    assert [run_scene(job).status for job in jobs] == [DONE, DONE]
    names = {job.scene: job.name for job in jobs}
    for changed in (scenes[1:], scenes[::-1], scenes):
        planned = jobs_for(changed, out, model)
        assert len({job.name for job in planned}) == len(planned)
        for job in planned:
            assert job.name == names.get(job.scene, job.name)
            assert (finished_record(job) is not None) == (job.scene in names)


def test_a_scene_that_is_done_is_not_done_again(tmp_path, scene, model):
    (job,) = jobs_for([scene], tmp_path / "out", model, ["uncertainty"])
    first = run_scene(job)
    assert (first.status, first.width, first.error) == (DONE, 40, "")
    assert sorted(path.name for path in job.folder.iterdir()) == [
        "scene.json", "scene_mask.qml", "scene_mask.tif", "scene_mask.tif.aux.xml", "scene_uncertainty.tif",
    ]  # fmt: skip
    before = {path: path.stat() for path in job.folder.iterdir()}
    assert run_scene(job) == first
    assert {path: path.stat().st_ino for path in before} == {
        path: facts.st_ino for path, facts in before.items()
    }


def test_what_makes_a_scene_to_be_done_again(tmp_path, scene, model):
    def planned(kinds=("uncertainty",), **options):
        return jobs_for([scene], tmp_path / "out", options.pop("model", model), kinds, **options)[0]

    job = planned()
    assert finished_record(job) is None
    run_scene(job)
    assert finished_record(job) is not None
    assert finished_record(planned(kinds=())) is not None, "fewer results are there too"
    assert finished_record(planned(device="auto")) is not None
    assert finished_record(planned(kinds=("uncertainty", "stages"))) is None
    assert finished_record(planned(coarse_threshold=0.4)) is None
    assert finished_record(planned(bands="1,2,3")) is None
    other = write_model(tmp_path / "other.safetensors", seed=1)
    assert finished_record(planned(model=other)) is None

    facts = scene.stat()
    os.utime(scene, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1_000_000_000))
    assert finished_record(job) is None, "the scene is another one"
    os.utime(scene, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert finished_record(job) is not None
    job.results["uncertainty"].unlink()
    assert finished_record(job) is None


def test_every_option_but_these_makes_a_scene_to_be_done_again(tmp_path, scene, model):
    (job,) = jobs_for([scene], tmp_path / "out", model)
    # The scene counts by its state, and results by their files.
    of_no_account = {
        "input_path", "mask_path", "uncertainty_path", "probability_path", "shadow_path",
        "stages_path", "product_mask_path", "stac_path", "stac_is_in_batch",
        "product_mask_is_optional", "band_paths", "device", "batch_size",
    }  # fmt: skip
    assert set(job.settings) == {field.name for field in fields(DetectionRequest)} - of_no_account


def test_no_record_speaks_of_results_that_are_being_replaced(tmp_path, scene, model, monkeypatch):
    (job,) = jobs_for([scene], tmp_path / "out", model)
    run_scene(job)
    (again,) = jobs_for([scene], tmp_path / "out", model, coarse_threshold=0.4)

    def look(*_):
        assert read_record(job.record_path) is None
        raise KeyboardInterrupt

    monkeypatch.setattr(job_module, "detect", look)
    with pytest.raises(KeyboardInterrupt):
        run_scene(again)
    assert finished_record(job) is None


def test_a_scene_that_is_away_for_a_while_keeps_its_record(tmp_path, scene, model):
    (job,) = jobs_for([scene], tmp_path / "out", model)
    assert run_scene(job).status == DONE
    scene.rename(tmp_path / "away.tif")
    assert run_scene(job).status == FAILED
    (tmp_path / "away.tif").rename(scene)
    assert finished_record(job)


@pytest.mark.parametrize("was_killed", [False, True])
def test_results_of_another_run_do_not_stay(tmp_path, scene, model, monkeypatch, was_killed):
    def planned(*kinds, **options):
        return jobs_for([scene], tmp_path / "out", model, kinds, **options)[0]

    job = planned("uncertainty", "probability", stac_is_in_batch=True)
    run_scene(job)
    own = job.folder / "scene_shadow.tif"
    own.write_text("mine")
    fewer = planned("probability", coarse_threshold=0.4)
    if was_killed:
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(job_module, "detect", killed)
            run_scene(fewer)
        assert job.results["uncertainty"].exists()
    assert run_scene(fewer).status == DONE
    assert sorted(path.name for path in job.folder.iterdir()) == [
        "scene.json", "scene_mask.qml", "scene_mask.tif", "scene_mask.tif.aux.xml",
        "scene_probability.tif", "scene_shadow.tif",
    ]  # fmt: skip
    assert own.read_text() == "mine"


def killed(*_):
    raise KeyboardInterrupt


def test_where_a_scene_cannot_be_done_again_record_and_results_stay(tmp_path, scene, model):
    (job,) = jobs_for([scene], tmp_path / "out", model, ["uncertainty"])
    run_scene(job)
    before = {path.name: path.read_bytes() for path in job.folder.iterdir()}
    image = scene.read_bytes()
    scene.write_text("damaged")
    assert run_scene(job).status == FAILED
    assert {path.name: path.read_bytes() for path in job.folder.iterdir()} == before
    assert finished_record(job) is None, "they are of the image as it was"
    (fewer,) = jobs_for([scene], tmp_path / "out", model, coarse_threshold=0.4)
    assert run_scene(fewer).status == FAILED
    assert {path.name: path.read_bytes() for path in job.folder.iterdir()} == before
    # What a killed run left may be of either, so that a later failure makes no record valid.
    scene.write_bytes(image)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(job_module, "detect", killed)
        run_scene(fewer)
    scene.write_text("damaged")
    assert run_scene(fewer).status == FAILED
    assert read_record(job.record_path) is None


def test_a_result_of_another_run_that_is_in_use_is_told(tmp_path, scene, model, monkeypatch):
    (job,) = jobs_for([scene], tmp_path / "out", model, ["uncertainty"])
    run_scene(job)
    unlink = Path.unlink

    def in_use(path, missing_ok=False):
        if path == job.results["uncertainty"]:
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", in_use)
    (fewer,) = jobs_for([scene], tmp_path / "out", model, coarse_threshold=0.4)
    outcome = run_scene(fewer)
    assert outcome.status == FAILED and "scene_uncertainty.tif', which an earlier" in outcome.error
    assert finished_record(fewer) is None
    monkeypatch.undo()
    assert run_scene(fewer).status == DONE and not job.results["uncertainty"].exists()


def test_a_scene_is_done_again_where_a_band_of_it_was_replaced(tmp_path, model):
    product = synthetic_products.landsat(tmp_path / "archive")
    (metadata,) = product.glob("*_MTL.txt")
    (job,) = jobs_for([metadata], tmp_path / "out", model)
    assert run_scene(job).status == DONE and finished_record(job)
    (band,) = product.glob("*_B4.TIF")
    os.utime(band, ns=(0, 0))  # as where it was fetched again
    assert finished_record(job) is None
    assert run_scene(job).status == DONE and finished_record(job)
    band.unlink()
    assert finished_record(job) is None


def test_a_product_that_was_looked_at_in_qgis_is_not_done_again(tmp_path, model):
    product = synthetic_products.landsat(tmp_path / "archive")
    (job,) = jobs_for([product], tmp_path / "out", model)
    assert run_scene(job).status == DONE
    (band,) = product.glob("*_B4.TIF")
    band.with_name(f"{band.name}.aux.xml").write_text("<PAMDataset/>")
    assert finished_record(job)
    (product / "other.txt").write_text("new")
    assert finished_record(job) is None


def test_a_damaged_record_counts_as_none(tmp_path, scene, model):
    (job,) = jobs_for([scene], tmp_path / "out", model)
    run_scene(job)
    job.record_path.write_text('{"format": "cloudmamba-ba')
    assert finished_record(job) is None
    assert run_scene(job).status == DONE
    assert json.loads(job.record_path.read_text())["scene"] == str(scene)


def test_what_goes_wrong_is_in_the_outcome(tmp_path, scene, model, monkeypatch, capsys):
    bad = tmp_path / "bad.tif"
    bad.write_text("no raster")
    good_job, bad_job = jobs_for([scene, bad], tmp_path / "out", model)
    failed = run_scene(bad_job)
    assert failed.status == FAILED and "is not a raster" in failed.error
    assert run_scene(good_job, cancelled=lambda: True).status == CANCELLED
    monkeypatch.setattr(job_module, "detect", lambda *_: 1 / 0)
    failed = run_scene(good_job)
    assert (failed.status, failed.error) == (
        FAILED, "Unexpected ZeroDivisionError in the engine: division by zero",
    )  # fmt: skip
    assert "Traceback" in capsys.readouterr().err, "for who mends it"
    assert list(bad_job.folder.iterdir()) == []


def test_a_model_that_changed_is_refused(tmp_path, scene):
    model = write_model(tmp_path / "tiny.safetensors")
    (job,) = jobs_for([scene], tmp_path / "out", model)
    write_model(model, seed=1)
    assert "is not the one that the batch began with" in run_scene(job).error
    assert list(job.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value"),
    [("radiometry", "moonlight"), ("coarse_threshold", 2.0), ("augment", "twice")],
)
def test_wrong_options_stop_the_batch_and_not_every_scene(tmp_path, scene, model, option, value):
    with pytest.raises(InputError):
        jobs_for([scene], tmp_path / "out", model, **{option: value})


@pytest.mark.parametrize(("kinds", "in_mask"), [(["shadow"], False), ([], True)])
def test_cloud_shadow_of_models_that_tell_it(tmp_path, scene, model, kinds, in_mask):
    with pytest.raises(ModelError, match="does not tell cloud shadow"):
        jobs_for([scene], tmp_path / "none", model, kinds, shadow_in_mask=in_mask)
    teller = write_model(tmp_path / "teller.safetensors", shadow=True)
    (job,) = jobs_for([scene], tmp_path / "out", teller, kinds, shadow_in_mask=in_mask)
    outcome = run_scene(job)
    assert (outcome.status, outcome.error) == (DONE, "")
    assert (outcome.shadow_percent is not None) == in_mask
    assert (job.folder / "scene_shadow.tif").exists() == bool(kinds)
    (other,) = jobs_for([scene], tmp_path / "out", teller, kinds, shadow_in_mask=not in_mask)
    assert finished_record(job) and finished_record(other) is None


def test_folder_is_for_one_batch_and_nothing_else(tmp_path):
    (tmp_path / "mine.txt").touch()
    with pytest.raises(OutputError, match="holds other files"), open_folder(tmp_path):
        pass
    out = tmp_path / "new" / "out"
    with open_folder(out) as folder:
        folder.log("begin", scenes=3)
        with pytest.raises(OutputError, match="Another batch is at work"), open_folder(out):
            pass
    (out / ".x_mask.tif.0a1b.part.tif").touch()
    (out / "mine.part.tif").touch()
    with open_folder(out) as folder:
        assert unfinished(out) == ["mine.part.tif"], "only what a killed run left is removed"
    (line,) = map(json.loads, (out / "batch.jsonl").read_text().splitlines())
    assert (line["event"], line["scenes"]) == ("begin", 3)


def test_a_process_loads_the_model_once(tmp_path, monkeypatch):
    loaded = []
    original = prepared_model.load_model

    def load(path, device):
        loaded.append(path)
        return original(path, device)

    monkeypatch.setattr(prepared_model, "load_model", load)
    model = write_model(tmp_path / "tiny.safetensors")
    scenes = [write_scene(tmp_path / f"{number}.tif", seed=number) for number in range(3)]
    jobs = jobs_for(scenes, tmp_path / "out", model)
    assert [run_scene(job).status for job in jobs[:2]] == [DONE, DONE]
    assert loaded == [model]
    write_model(model, seed=1)
    (job,) = jobs_for(scenes[2:], tmp_path / "out", model)
    assert run_scene(job).status == DONE
    assert loaded == [model, model], "the file is another one now"
