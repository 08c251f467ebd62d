"""Safe writing: a name holds a whole, checked result, or what it held before."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from loading import load_module
from rasterio.control import GroundControlPoint
from rasterio.enums import Resampling
from rasterio.rpc import RPC
from rasterio.windows import Window

from cloudmamba.detection.products import LAYOUTS
from cloudmamba.errors import Cancelled, OutputError
from cloudmamba.raster import writer
from cloudmamba.raster.grid import Grid
from cloudmamba.raster.unfinished import Run, _read_journal, remove_partial_files
from cloudmamba.raster.writer import (
    Layout,
    Results,
    check_free_space,
    check_output_paths,
    steps_to_finish,
)

MASK = Layout(
    "uint8",
    255,
    ("cloud mask",),
    Resampling.mode,
    {0: (0, 0, 0, 0), 1: (255, 255, 255, 255)},
    {0: "clear", 1: "cloud"},
)
FLOAT = Layout("float32", float("nan"), ("one", "two"), Resampling.average)
GRID = Grid(600, 520, rasterio.CRS.from_epsg(32633), rasterio.Affine(10, 2, 5e5, 3, -10, 5e6))

SMALL = Grid(40, 40)


def mask_block(height=520, width=600):
    block = np.random.default_rng(0).integers(0, 2, (1, height, width)).astype(np.uint8)
    block[:, :20] = 255
    return block


def float_block(height=520, width=600):
    block = np.random.default_rng(0).random((2, height, width), np.float32)
    block[:, :20] = np.nan
    return block


def write_whole(results, path, layout, block, grid=GRID):
    file = results.add(path, grid, layout)
    half = grid.height // 2
    file.write(block[:, :half], Window(0, 0, grid.width, half))
    file.write(block[:, half:], Window(0, half, grid.width, grid.height - half))
    file.finish({"MODEL": "test"})
    return file


def test_results_appear_together_with_everything_in_them(tmp_path):
    with Results() as results:
        write_whole(results, tmp_path / "mask.tif", MASK, mask_block())
        write_whole(results, tmp_path / "float.tif", FLOAT, float_block())
        assert not (tmp_path / "mask.tif").exists()
        assert all(file.name.startswith(".") for file in tmp_path.iterdir())
        results.commit()
    assert {file.name for file in tmp_path.iterdir()} == {
        "mask.tif", "mask.tif.aux.xml", "float.tif",
    }  # fmt: skip
    with rasterio.open(tmp_path / "mask.tif") as dataset:
        assert (dataset.read() == mask_block()).all()
        assert dataset.nodata == 255
        assert dataset.transform == GRID.transform and dataset.crs == GRID.crs
        assert dataset.colormap(1)[1] == (255, 255, 255, 255)
        assert dataset.overviews(1) == [2]
        assert dataset.tags()["MODEL"] == "test"
        assert dataset.block_shapes == [(256, 256)]
    with rasterio.open(tmp_path / "float.tif") as dataset:
        assert np.array_equal(dataset.read(), float_block(), equal_nan=True)
        assert np.isnan(dataset.nodata)
        assert dataset.descriptions == ("one", "two")
    names = (tmp_path / "mask.tif.aux.xml").read_text()
    assert "<Category>clear</Category><Category>cloud</Category>" in names


@pytest.mark.parametrize("name", ["mask", "product_mask"])
def test_overviews_of_masks_show_what_most_pixels_are(tmp_path, name):
    most = np.random.default_rng(0).choice(np.array([0, 4], np.uint8), (1, 260, 300))
    block = most.repeat(2, 1).repeat(2, 2)
    # One of each four pixels is another, whichever of them would be the nearest.
    for part in range(4):
        rows, columns = slice(130 * part + part // 2, 130 * (part + 1), 2), slice(part % 2, None, 2)
        block[:, rows, columns] = 4 - block[:, rows, columns]
    with Results() as results:
        write_whole(results, tmp_path / "m.tif", LAYOUTS[name], block)
        results.commit()
    with rasterio.open(tmp_path / "m.tif", overview_level=0) as overview:
        assert (overview.read() == most).all()


@pytest.mark.parametrize(("height", "width"), [(2048, 1100), (1027, 2049)])
def test_every_overview_is_the_half_of_the_one_before(tmp_path, height, width):
    grid, mask, numbers = Grid(width, height), mask_block(height, width), float_block(height, width)
    for block, nodata in ((mask, 255), (numbers, np.nan)):
        block[:, -300:, -71:] = nodata
    with Results() as results:
        write_whole(results, tmp_path / "m.tif", MASK, mask, grid)
        write_whole(results, tmp_path / "f.tif", FLOAT, numbers, grid)
        results.commit()
    for level in range(3):
        classes, numbers = fours_of(mask, 255), fours_of(numbers, np.nan)
        with rasterio.open(tmp_path / "m.tif", overview_level=level) as overview:
            mask = overview.read()
        with rasterio.open(tmp_path / "f.tif", overview_level=level) as overview:
            expected, numbers = numbers, overview.read()
        clear, cloud = ((classes == code).sum(0) for code in (0, 1))
        assert ((mask == 255) == (clear + cloud == 0)).all()
        assert ((mask == 1) | (cloud <= clear)).all() and ((mask == 0) | (clear <= cloud)).all()
        has_data = ~np.isnan(expected).all(0)
        np.testing.assert_allclose(
            numbers[has_data], np.nanmean(expected[:, has_data], 0), rtol=1e-6
        )
        assert np.isnan(numbers[~has_data]).all()
    for name in ("m.tif", "f.tif"):
        with rasterio.open(tmp_path / name) as dataset:
            assert dataset.overviews(1) == [2, 4, 8]


def fours_of(block, nodata):
    """The four pixels that become one, of a block of any size, one after the other."""
    odd = [(0, 0), (0, block.shape[1] % 2), (0, block.shape[2] % 2)]
    block = np.pad(block, odd, constant_values=nodata)
    return np.stack([block[:, top::2, left::2] for top in (0, 1) for left in (0, 1)])


@pytest.fixture
def in_small_steps(monkeypatch):
    monkeypatch.setattr(writer, "_READ_BACK_PX", (512, 512))


def test_finishing_takes_many_steps(tmp_path, in_small_steps):
    steps = []
    with Results() as results:
        file = results.add(tmp_path / "f.tif", GRID, FLOAT)
        file.write(float_block(), Window(0, 0, 600, 520))
        file.finish({}, lambda: steps.append(file.temporary.stat().st_size))
        results.commit()
    assert len(steps) == steps_to_finish(GRID) == 4 + 1


@pytest.mark.parametrize("last", range(5))
def test_finishing_can_be_stopped_before_every_step(tmp_path, in_small_steps, last):
    steps = iter(range(5))

    def cancel_at_last():
        if next(steps) == last:
            raise Cancelled("Cancelled: nothing was written.")

    (tmp_path / "f.tif").write_bytes(b"before")
    with pytest.raises(Cancelled), Results() as results:
        file = results.add(tmp_path / "f.tif", GRID, MASK)
        file.write(mask_block(), Window(0, 0, 600, 520))
        file.finish({}, cancel_at_last)
    assert [file.name for file in tmp_path.iterdir()] == ["f.tif"]
    assert (tmp_path / "f.tif").read_bytes() == b"before"


def test_an_overview_that_is_not_as_it_was_written_is_noticed(tmp_path, in_small_steps):
    steps = iter(range(5))

    def spoil_the_overview():
        if next(steps) == 4:  # the raster itself was read back
            with file._open_level(1, "r+") as overview:
                overview.write(np.full((1, 9, 9), 7, np.uint8), window=Window(0, 200, 9, 9))

    with pytest.raises(OutputError, match="was not written correctly"), Results() as results:
        file = results.add(tmp_path / "f.tif", GRID, MASK)
        file.write(mask_block(), Window(0, 0, 600, 520))
        file.finish({}, spoil_the_overview)


def test_a_crs_that_geotiff_cannot_hold_is_kept_beside(tmp_path):
    rotated = "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=39.25 +lon_0=18 +datum=WGS84"
    grid = replace(GRID, crs=rasterio.CRS.from_user_input(rotated))
    with Results() as results:
        write_whole(results, tmp_path / "mask.tif", MASK, mask_block(), grid)
        write_whole(results, tmp_path / "float.tif", FLOAT, float_block(), grid)
        results.commit()
    for name in ("mask.tif", "float.tif"):
        with rasterio.open(tmp_path / name) as dataset:
            assert "ob_tran" in dataset.crs.to_wkt() or dataset.crs == grid.crs
    assert "<Category>cloud</Category>" in (tmp_path / "mask.tif.aux.xml").read_text()
    with Results() as results:
        write_whole(results, tmp_path / "float.tif", FLOAT, float_block(), grid)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_small_and_ungeoreferenced_results(tmp_path, recwarn):
    grid = Grid(3, 1)
    with Results() as results:
        write_whole(results, tmp_path / "m.tif", MASK, mask_block(1, 3), grid)
        results.commit()
    with rasterio.open(tmp_path / "m.tif") as dataset:
        assert dataset.crs is None
        assert dataset.overviews(1) == []
    assert not [w for w in recwarn if "cloudmamba" in str(w.filename)]


def test_ground_control_points_are_kept(tmp_path):
    points = tuple(GroundControlPoint(row, col, col * 10, -row * 10) for row, col in
                   ((0, 0), (0, 8), (8, 0)))  # fmt: skip
    grid = Grid(8, 8, gcps=points, gcps_crs=rasterio.CRS.from_epsg(4326))
    with Results() as results:
        write_whole(results, tmp_path / "m.tif", MASK, mask_block(8, 8), grid)
        results.commit()
    with rasterio.open(tmp_path / "m.tif") as dataset:
        found, crs = dataset.gcps
    assert [(p.row, p.col, p.x, p.y) for p in found] == [(p.row, p.col, p.x, p.y) for p in points]
    assert crs.to_epsg() == 4326


@pytest.mark.parametrize("georeferenced", [False, True])
def test_ground_control_points_without_a_crs(tmp_path, georeferenced):
    points = tuple(GroundControlPoint(row, row, row, -row) for row in (0, 4, 8))
    grid = replace(GRID, width=8, height=8) if georeferenced else Grid(8, 8)
    with Results() as results:
        block, grid = mask_block(8, 8), replace(grid, gcps=points)
        write_whole(results, tmp_path / "m.tif", MASK, block, grid)
        results.commit()
    with rasterio.open(tmp_path / "m.tif") as dataset:
        assert (dataset.crs, dataset.transform) == (grid.crs, grid.transform)
        assert len(dataset.gcps[0]) == (0 if georeferenced else 3)


def test_file_that_cannot_be_described_is_not_left(tmp_path):
    grid = Grid(8, 8, gcps=("no point",))
    with Results() as results, pytest.raises(AttributeError):
        results.add(tmp_path / "m.tif", grid, MASK)
    assert list(tmp_path.iterdir()) == []


def test_rational_polynomials_are_kept(tmp_path):
    polynomial = [1.0] + [0.0] * 19
    rpcs = RPC(
        height_off=100.0, height_scale=50.0, lat_off=45.0, lat_scale=0.1, line_off=4.0,
        line_scale=4.0, long_off=12.0, long_scale=0.1, samp_off=4.0, samp_scale=4.0,
        line_num_coeff=polynomial, line_den_coeff=polynomial,
        samp_num_coeff=polynomial, samp_den_coeff=polynomial,
    )  # fmt: skip
    with Results() as results:
        write_whole(results, tmp_path / "m.tif", MASK, mask_block(8, 8), Grid(8, 8, rpcs=rpcs))
        results.commit()
    with rasterio.open(tmp_path / "m.tif") as dataset:
        assert dataset.rpcs.lat_off == 45.0
        assert dataset.rpcs.line_num_coeff == polynomial


def test_without_commit_nothing_is_left_and_nothing_is_touched(tmp_path):
    existing = tmp_path / "mask.tif"
    existing.write_bytes(b"what was here before")
    with Results() as results:
        write_whole(results, existing, MASK, mask_block())
        results.add(tmp_path / "unfinished.tif", GRID, FLOAT)
    assert [file.name for file in tmp_path.iterdir()] == ["mask.tif"]
    assert existing.read_bytes() == b"what was here before"


def test_replaced_file_loses_its_stale_sidecars(tmp_path):
    for name in (
        "f.tif", "f.tif.aux.xml", "f.tif.ovr", "f.tif.msk", "m.tif", "m.tif.aux.xml",
    ):  # fmt: skip
        (tmp_path / name).write_bytes(b"old")
    with Results() as results:
        write_whole(results, tmp_path / "f.tif", FLOAT, float_block())
        write_whole(results, tmp_path / "m.tif", MASK, mask_block())
        results.commit()
    assert {file.name for file in tmp_path.iterdir()} == {"f.tif", "m.tif", "m.tif.aux.xml"}
    assert b"old" not in (tmp_path / "m.tif.aux.xml").read_bytes()
    assert (tmp_path / "f.tif").stat().st_size > 1000


@pytest.mark.parametrize("hard_links", [True, False])
def test_all_outputs_or_none_when_one_cannot_be_replaced(tmp_path, monkeypatch, hard_links):
    for name in ("a.tif", "a.tif.aux.xml", "b.tif"):
        (tmp_path / name).write_bytes(name.encode())
    with Results() as results:
        write_whole(results, tmp_path / "a.tif", MASK, mask_block())
        write_whole(results, tmp_path / "b.tif", FLOAT, float_block())
        monkeypatch.setattr(os, "replace", _refusing(os.replace, "b.tif"))
        if not hard_links:
            monkeypatch.delattr(os, "link")
            monkeypatch.setattr(os, "link", _no_links, raising=False)
        with pytest.raises(OutputError, match=r"b\.tif' cannot be replaced: close the programs"):
            results.commit()
    for name in ("a.tif", "a.tif.aux.xml", "b.tif"):
        assert (tmp_path / name).read_bytes() == name.encode()
    assert len(list(tmp_path.iterdir())) == 3


def test_folder_under_the_name_of_a_result_stays(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"before")
    with Results() as results:
        write_whole(results, tmp_path / "a.tif", FLOAT, float_block())
        write_whole(results, tmp_path / "m.tif", MASK, mask_block())
        (tmp_path / "m.tif").mkdir()
        with pytest.raises(OutputError, match=r"m\.tif' cannot be replaced"):
            results.commit()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "m.tif"]
    assert (tmp_path / "m.tif").is_dir()
    assert (tmp_path / "a.tif").read_bytes() == b"before"


@pytest.mark.skipif(sys.platform == "win32", reason="a folder in use cannot be removed")
def test_folder_that_is_removed_meanwhile_is_an_error(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    with Results() as results:
        file = results.add(folder / "m.tif", GRID, MASK)
        file.write(mask_block(), Window(0, 0, 600, 520))
        shutil.rmtree(folder)
        with pytest.raises(OutputError, match=r"m\.tif' cannot be written: its folder is gone"):
            file.finish({})


def _no_links(*_):
    raise OSError("no hard links on this file system")


def _refusing(replace, name):
    """``os.replace`` where another program has the result of this name open."""

    def refuse(source, target):
        if os.fspath(source).endswith(".part.tif") and os.path.basename(target) == name:
            raise PermissionError("in use")
        replace(source, target)

    return refuse


@pytest.mark.parametrize("damage", ["truncate", "flip"])
def test_damage_on_disk_is_noticed(tmp_path, monkeypatch, damage):
    """What GDAL writes at closing may be lost without an error: read back, it shows."""
    with Results() as results:
        file = results.add(tmp_path / "f.tif", GRID, FLOAT)
        file.write(float_block(), Window(0, 0, 600, 520))
        if damage == "truncate":
            close = type(file._dataset).close

            def close_and_lose(dataset):
                close(dataset)
                os.truncate(file.temporary, file.temporary.stat().st_size // 2)

            monkeypatch.setattr(file, "_dataset", _Wrapped(file._dataset, close_and_lose))
        else:
            file._dataset.write(float_block() + 1, window=Window(0, 0, 600, 520))
        with pytest.raises(OutputError, match=r"f\.tif'"):
            file.finish({})
    assert list(tmp_path.iterdir()) == []


class _Wrapped:
    """A dataset whose closing goes wrong."""

    def __init__(self, dataset, close):
        self._inner, self._close = dataset, close

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def close(self):
        self._close(self._inner)


WRITE_MUCH = """
    import sys, pathlib, numpy as np
    from rasterio.windows import Window
    from rasterio.enums import Resampling
    from cloudmamba.errors import OutputError
    from cloudmamba.raster.grid import Grid
    from cloudmamba.raster.writer import Layout, Results
    {prepare}
    layout = Layout("float32", float("nan"), ("noise",), Resampling.average)
    grid = Grid(1024, 1024)
    try:
        with Results() as results:
            file = results.add(pathlib.Path(sys.argv[1]) / "f.tif", grid, layout)
            for top in range(0, 1024, 64):
                block = np.random.default_rng(top).random((1, 64, 1024), np.float32)
                file.write(block, Window(0, top, 1024, 64))
            file.finish({{}})
            results.commit()
    except OutputError as error:
        print(error)
        sys.exit(4)
"""


def write_much(folder, prepare=""):
    script = textwrap.dedent(WRITE_MUCH).format(prepare=prepare)
    return subprocess.run(
        [sys.executable, "-c", script, folder],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file size")
def test_file_that_cannot_grow_is_an_error_and_leaves_nothing(tmp_path):
    prepare = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))"
    )
    (tmp_path / "f.tif").write_bytes(b"before")
    ended = write_much(tmp_path, prepare)
    assert ended.returncode == 4, ended.stderr
    assert "f.tif' cannot be written" in ended.stdout
    assert [file.name for file in tmp_path.iterdir()] == ["f.tif"]
    assert (tmp_path / "f.tif").read_bytes() == b"before"


@pytest.fixture
def small_disk(tmp_path):
    """A disk of two megabytes, where this may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    mounted = (
        shutil.which("mount")
        and not subprocess.run(command, check=False, capture_output=True).returncode
    )
    if not mounted:
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk_is_named_and_leaves_nothing(small_disk):
    (small_disk / "f.tif").write_bytes(b"before")
    ended = write_much(small_disk)
    assert ended.returncode == 4, ended.stderr
    assert "the disk is full" in ended.stdout
    assert [file.name for file in small_disk.iterdir()] == ["f.tif"]
    assert (small_disk / "f.tif").read_bytes() == b"before"


def test_writing_much_succeeds_where_there_is_room(tmp_path):
    ended = write_much(tmp_path)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert [file.name for file in tmp_path.iterdir()] == ["f.tif"]


def test_output_equal_to_input_is_refused_by_every_name(tmp_path):
    scene = tmp_path / "scene.tif"
    scene.write_bytes(b"image")
    (tmp_path / "link.tif").symlink_to(scene)
    os.link(scene, tmp_path / "hard.tif")
    (tmp_path / "folder").symlink_to(tmp_path)
    for name in (
        scene,
        *(tmp_path / name for name in ("link.tif", "hard.tif", "folder/scene.tif")),
    ):
        with pytest.raises(OutputError, match="is an input as well"):
            check_output_paths([tmp_path / "mask.tif", name], [scene])
    assert scene.read_bytes() == b"image"


@pytest.mark.parametrize("suffix", [".ovr", ".msk", ".aux.xml"])
def test_output_whose_stale_sidecar_is_an_input_is_refused(tmp_path, suffix):
    scene = tmp_path / f"m.tif{suffix}"
    scene.write_bytes(b"image")
    with pytest.raises(OutputError, match="would remove the input"):
        check_output_paths([tmp_path / "m.tif"], [scene])


def test_two_equal_outputs_are_refused(tmp_path):
    (tmp_path / "link.tif").symlink_to(tmp_path / "mask.tif")
    for name in ("mask.tif", "link.tif", "./mask.tif"):
        with pytest.raises(OutputError, match="Two outputs are the same"):
            check_output_paths([tmp_path / "mask.tif", tmp_path / name], [])


def test_a_file_in_use_is_told_before_the_work(tmp_path, monkeypatch):
    path = tmp_path / "mask.tif"
    path.write_bytes(b"before")
    assert check_output_paths([path], []) == [path] and path.read_bytes() == b"before"

    def refuse(*_):
        raise PermissionError("in use")  # as Windows does

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OutputError, match="cannot be replaced: close the programs"):
        check_output_paths([path], [])


def test_link_is_followed_so_that_its_target_is_replaced(tmp_path):
    (tmp_path / "link.tif").symlink_to(tmp_path / "target.tif")
    assert check_output_paths([tmp_path / "link.tif"], []) == [tmp_path / "target.tif"]


def test_missing_folder_folder_and_other_formats_are_refused(tmp_path):
    (tmp_path / "folder.tif").mkdir()
    with pytest.raises(OutputError, match="does not exist: create it first"):
        check_output_paths([tmp_path / "nowhere/mask.tif"], [])
    with pytest.raises(OutputError, match="is not a file"):
        check_output_paths([tmp_path / "folder.tif"], [])
    for name in ("mask.png", "mask", "mask.tif.gz"):
        with pytest.raises(OutputError, match=r"let it end in \.tif"):
            check_output_paths([tmp_path / name], [])


@pytest.mark.skipif(sys.platform == "win32", reason="permissions work otherwise")
def test_folder_and_file_without_permission_are_refused(tmp_path, monkeypatch):
    """Permissions do not bind the administrator, so the question to the system is answered."""
    denied = tmp_path / "folder"
    denied.mkdir()
    (tmp_path / "kept.tif").write_bytes(b"read only")
    access = os.access
    for path, output in ((denied, denied / "m.tif"), (tmp_path / "kept.tif",) * 2):
        monkeypatch.setattr(
            os, "access", lambda asked, mode, p=path: asked != p and access(asked, mode)
        )
        with pytest.raises(OutputError, match="permission is denied"):
            check_output_paths([output], [])


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_folder_that_takes_no_files_is_an_error():
    """Nobody, not even the administrator, can create files there."""
    from pathlib import Path

    with Results() as results, pytest.raises(OutputError, match="cannot be written"):
        results.add(Path("/proc/mask.tif"), GRID, MASK)


OLD = {"m.tif": b"old", "m.tif.aux.xml": b"old", "m.tif.ovr": b"old", "u.tif": b"old"}
NEW_NAMES = {"m.tif", "m.tif.aux.xml", "u.tif"}


def write_and_die(folders, steps, hard_links, refused=False):
    """Replace both results in another process that is killed after so many changes of names.

    Args:
        refused: the second result cannot be replaced, so that the first one is to come back.

    Returns whether it was killed before it was done.
    """
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    left = steps

    def counting(function):
        def call(*arguments, **keywords):
            nonlocal left
            if left == 0:
                os._exit(9)
            left -= 1
            return function(*arguments, **keywords)

        return call

    try:
        results = Results()
        write_whole(results, folders[0] / "m.tif", MASK, mask_block(40, 40), SMALL)
        write_whole(results, folders[1] / "u.tif", FLOAT, float_block(40, 40), SMALL)
        if refused:
            os.replace = _refusing(os.replace, "u.tif")
        for name in ("replace", "rename", "unlink"):
            setattr(os, name, counting(getattr(os, name)))
        os.link = counting(os.link) if hard_links else _no_links
        Path.unlink = counting(Path.unlink)
        results.commit()
        os._exit(0)
    finally:
        os._exit(1)


def outcomes_of_kills(tmp_path, hard_links, apart, refused=False):
    """Whether all results are old, or else all new, by how many changes of names were made."""
    outcomes = []
    for steps in range(60):
        first = tmp_path / str(steps)
        second = first / "other" if apart else first
        second.mkdir(parents=True)
        for name, content in OLD.items():
            ((second if name == "u.tif" else first) / name).write_bytes(content)
        was_killed = write_and_die((first, second), steps, hard_links, refused)
        remove_partial_files(first)
        remove_partial_files(second)
        left = {path.name: path for path in (*first.iterdir(), *second.iterdir()) if path.is_file()}
        assert set(left) in (set(OLD), NEW_NAMES), (steps, sorted(left))
        is_old = {left[name].read_bytes() == b"old" for name in NEW_NAMES}
        assert len(is_old) == 1, f"a mixture after {steps} steps"
        outcomes.append(is_old.pop())
        if not was_killed:
            break
    assert not was_killed
    return outcomes


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be ended anywhere")
@pytest.mark.parametrize("hard_links", [True, False])
@pytest.mark.parametrize("apart", [False, True])
def test_all_results_are_old_or_all_new_wherever_a_commit_is_killed(tmp_path, hard_links, apart):
    outcomes = outcomes_of_kills(tmp_path, hard_links, apart)
    assert outcomes[0] and not outcomes[-1]
    assert outcomes == sorted(outcomes, reverse=True), "from some step on the new ones arrive"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be ended anywhere")
@pytest.mark.parametrize(("hard_links", "apart"), [(True, True), (False, False)])
def test_nor_are_they_mixed_wherever_a_commit_is_killed_that_is_undone(tmp_path, hard_links, apart):
    outcomes = outcomes_of_kills(tmp_path, hard_links, apart, refused=True)
    assert outcomes[0] and outcomes[-1]
    assert not all(outcomes), "before it is known that one is refused, the new ones arrive"


@pytest.mark.parametrize("length", [5, 196, 200, 201, 240], ids=lambda length: f"{length} bytes")
@pytest.mark.parametrize("letter", ["m", "掩"])
def test_the_plugin_knows_the_unfinished_files_of_an_engine_that_it_killed(
    tmp_path, letter, length
):
    partial_files = load_module("cloudmamba_qgis/engine_client/partial_files.py")
    letters, room = divmod(length - len(".tif"), len(letter.encode()))
    target = tmp_path / f"{letter * letters}{'x' * room}.tif"
    other = Run().name(target.with_stem("other"), ".tif")
    with pytest.raises(KeyboardInterrupt), partial_files.removing_partial_files([str(target)]):
        other.touch()
        Run().name(target, ".tif").touch()
        Run().name(target, ".tif.ovr").touch()
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == [other]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process that can be ended anywhere")
def test_the_next_run_ends_what_a_killed_one_left_and_leaves_living_ones_alone(tmp_path):
    write_and_die((tmp_path, tmp_path), 0, hard_links=True)
    assert len(list(tmp_path.iterdir())) > 3
    with Results() as living:
        living.add(tmp_path / "m.tif", GRID, MASK)
        at_work = set(tmp_path.iterdir())
        assert len(at_work) == 2, "its lock and its file"
        with Results() as results:
            write_whole(results, tmp_path / "u.tif", FLOAT, float_block())
            assert at_work < set(tmp_path.iterdir())
            results.commit()
        assert set(tmp_path.iterdir()) == {*at_work, tmp_path / "u.tif"}
    assert [path.name for path in tmp_path.iterdir()] == ["u.tif"]


def test_a_run_whose_lock_was_taken_away_before_it_held_it_tries_again(tmp_path, monkeypatch):
    from cloudmamba.raster import unfinished

    make = unfinished._lock
    made = []

    def lock_of_a_run_that_is_taken_for_dead(path):
        made.append(path)
        lock = make(path)
        if len(made) == 1:
            acquire = lock.acquire

            def acquire_late(timeout):
                held = acquire(timeout=timeout)
                path.unlink()
                return held

            lock.acquire = acquire_late
        return lock

    monkeypatch.setattr(unfinished, "_lock", lock_of_a_run_that_is_taken_for_dead)
    run = unfinished.Run()
    run.enter(tmp_path)
    assert len(made) == 2 and made[1].exists()
    run.end()
    assert not list(tmp_path.iterdir())


def test_journal_of_a_stranger_moves_nothing(tmp_path, monkeypatch):
    """In a folder that all can write, it could name any file there or elsewhere."""
    token = "0123456789ab"
    (tmp_path / "mine.tif").write_bytes(b"mine")
    (tmp_path / f".cloudmamba.{token}.part.lock").touch()
    journal = tmp_path / f".cloudmamba.{token}.part.json"

    def planted(*moves):
        names = ("source", "target", "backup")
        content = {"direction": "forward", "decided_by": str(journal), "folders": [str(tmp_path)]}
        content["moves"] = [dict(zip(names, move, strict=True)) for move in moves]
        journal.write_text(json.dumps(content))
        return _read_journal(journal, token)

    own = f".x.{token}.part.tif"
    assert planted((own, "x.tif", None)) is not None
    assert planted((own, "../x.tif", None)) is None
    assert planted(("/etc/passwd", "x.tif", None)) is None
    assert planted(("mine.tif", "x.tif", None)) is None
    assert planted((own, "x.tif", "mine.tif")) is None
    assert planted((own, 3, None)) is None
    assert planted((None, "mine.tif", None)) is not None
    if hasattr(os, "geteuid"):
        monkeypatch.setattr(os, "geteuid", lambda: os.stat(tmp_path).st_uid + 1)
        remove_partial_files(tmp_path)
        assert (tmp_path / "mine.tif").read_bytes() == b"mine"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a second process")
def test_two_runs_on_one_output_leave_the_results_of_one_of_them(tmp_path):
    children = []
    for value in (0.25, 0.75):
        child = os.fork()
        if not child:
            try:
                for _ in range(5):
                    with Results() as results:
                        for name in ("a.tif", "b.tif", "c.tif"):
                            block = np.full((2, 40, 40), value, np.float32)
                            write_whole(results, tmp_path / name, FLOAT, block, SMALL)
                        results.commit()
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
    values = set()
    for name in ("a.tif", "b.tif", "c.tif"):
        with rasterio.open(tmp_path / name) as dataset:
            values.add(float(dataset.read(1)[0, 0]))
    assert len(values) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tif", "b.tif", "c.tif"]


def test_disk_without_room_is_noticed_before_the_work(tmp_path, monkeypatch):
    outputs = {tmp_path / "m.tif": MASK, tmp_path / "u.tif": FLOAT}
    large = Grid(10_000, 10_000)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=40_000_000))
    with pytest.raises(OutputError, match="has 40 MB free, and these results take 45 MB or more"):
        check_free_space(outputs, large)
    check_free_space({tmp_path / "m.tif": MASK}, large)
    check_free_space(outputs, GRID)
