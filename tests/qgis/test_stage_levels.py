"""Masks decided in levels are those of the algorithm, whatever the settings."""

import numpy as np
import pytest
from processing_helpers import run_algorithm
from raster_files import read_raster, write_raster


@pytest.fixture
def stages(tmp_path, plugin):
    """Stages of smooth clouds, with values right on thresholds and a swath edge."""
    random = np.random.default_rng(8)
    coarse = random.random((60, 80), np.float32)
    for _ in range(3):
        coarse = (coarse + np.roll(coarse, 1, 0) + np.roll(coarse, 1, 1)) / np.float32(3)
    coarse = ((coarse - coarse.min()) / (coarse.max() - coarse.min())).astype(np.float32)
    refined = np.clip(coarse + random.normal(0, 0.1, coarse.shape), 0, 1).astype(np.float32)
    coarse[:, :30] = (np.arange(1800) % 101 / 100).astype(np.float32).reshape(60, 30)
    refined[:30] = np.round(refined[:30], 2)
    uncertainty = (1 - 2 * np.abs(coarse - np.float32(0.5))).astype(np.float32)
    layers = np.stack([coarse, uncertainty, uncertainty < 0.4, refined]).astype(np.float32)
    layers[:, :7, -9:] = np.nan
    return write_raster(tmp_path / "stages.tif", layers, float("nan"))


@pytest.fixture
def shadow(tmp_path, stages):
    """Probability of cloud shadow on the same grid."""
    values = np.random.default_rng(9).random((60, 80), np.float32)
    values[:, 40] = 0.5  # which is not above the threshold
    values[:7, -9:] = np.nan
    return write_raster(tmp_path / "shadow.tif", values, float("nan"))


@pytest.fixture
def levels(stages):
    from cloudmamba_qgis.rasters.stage_levels import StageLevels
    from qgis.core import QgsFeedback

    return StageLevels.read(stages, "", QgsFeedback())


def files_of(stages, shadow=""):
    from cloudmamba_qgis.gui.dock.live_mask import MaskFiles

    return MaskFiles("image", "mask", "uncertainty", "mask.tif", stages, shadow)


@pytest.mark.parametrize(
    "values",
    [(50, 50, 40, 0, 0, 0), (0, 0, 0, 0, 0, 0), (100, 100, 100, 0, 0, 0), (37, 61, 73, 0, 0, 0),
     (40, 90, 100, 0, 0, 0), (40, 90, 99, 0, 0, 0),
     (50, 29, 0, 0, 12, 0), (58, 50, 90, 0, 0, 9), (70, 64, 40, 3, 0, 0), (60, 55, 40, 2, 8, 30)],
)  # fmt: skip
def test_a_mask_is_that_of_the_algorithm(values, levels, stages, tmp_path):
    from cloudmamba_qgis.gui.dock.save_mask import rethreshold_parameters
    from cloudmamba_qgis.rasters.stage_levels import MaskSettings

    settings = MaskSettings(*values)
    path = str(tmp_path / "mask.tif")
    run_algorithm("rethreshold", rethreshold_parameters(files_of(stages), settings, path))
    mask = levels.decide(settings)
    np.testing.assert_array_equal(mask, read_raster(path)[0])
    assert (mask[:7, -9:] == 255).all() and np.count_nonzero(mask == 255) == 63


@pytest.mark.parametrize("values", [(50, 50, 40, 0, 0, 0), (70, 64, 40, 2, 8, 30)])
def test_shadow_is_that_of_the_algorithm_and_never_cloud(values, stages, shadow, tmp_path):
    from cloudmamba_qgis.gui.dock.save_mask import rethreshold_parameters
    from cloudmamba_qgis.rasters.stage_levels import MaskSettings, StageLevels
    from osgeo import gdal
    from qgis.core import QgsFeedback

    settings = MaskSettings(*values)
    path = str(tmp_path / "mask.tif")
    found = run_algorithm(
        "rethreshold", rethreshold_parameters(files_of(stages, shadow), settings, path)
    )
    mask = StageLevels.read(stages, shadow, QgsFeedback()).decide(settings)
    np.testing.assert_array_equal(mask, read_raster(path)[0])
    plain = StageLevels.read(stages, "", QgsFeedback()).decide(settings)
    dark = (read_raster(shadow)[0] > 0.5) & (plain == 0)
    assert dark.any()
    np.testing.assert_array_equal(mask, np.where(dark, 2, plain))
    share = 100 * dark.sum() / (60 * 80 - 63)
    assert found["SHADOW_PERCENT"] == pytest.approx(share)
    tags = gdal.Open(path).GetMetadata_Dict()
    assert float(tags["SHADOW_PERCENT"]) == pytest.approx(share, abs=1e-4)
    assert "2 cloud shadow" in tags["CLASSES"]


def test_the_histograms_count_every_pixel_where_it_is_decided(levels, stages):
    from cloudmamba_qgis.rasters.stage_levels import MaskSettings

    for acceptance in (0, 40, 100):
        settings = MaskSettings(44, 57, acceptance)
        first, second = levels.histograms(settings)
        assert first.sum() + second.sum() == levels.valid_px == 60 * 80 - 63
        cloud = first[45:].sum() + second[58:].sum()
        assert cloud == np.count_nonzero(levels.decide(settings) == 1)
    assert levels.histograms(MaskSettings(acceptance_step=0))[0].sum() == 0
    assert (levels.coarse[:, :30] == 50).any(), "some are of the greatest uncertainty"
    assert levels.histograms(MaskSettings(acceptance_step=100))[1].sum() == 0


def test_reading_can_be_cancelled(stages):
    from cloudmamba_qgis.rasters.stage_levels import StageLevels
    from qgis.core import QgsFeedback, QgsProcessingException

    feedback = QgsFeedback()
    feedback.cancel()
    with pytest.raises(QgsProcessingException):
        StageLevels.read(stages, "", feedback)


def test_counts_are_the_same_in_strips(levels, monkeypatch):
    from cloudmamba_qgis.rasters import stage_levels

    whole = [levels._coarse_counts, levels._refined_counts]
    monkeypatch.setattr(stage_levels, "_STRIP_ROWS", 7)  # does not divide the rows
    again = stage_levels.StageLevels(levels.coarse, levels.refined, levels.uncertainty)
    assert whole[0].sum() == levels.coarse.size
    for one, other in zip(whole, (again._coarse_counts, again._refined_counts)):
        assert np.array_equal(one, other)
