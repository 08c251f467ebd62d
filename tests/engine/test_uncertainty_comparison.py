"""The comparison of uncertainties: every figure against what it should be taken from."""

import json

import numpy as np
import pytest
import torch
from stand_ins import BrightnessModel, predict_array
from synthetic_data import make_data_folder

from cloudmamba.cli import main
from cloudmamba.data.images import read_record
from cloudmamba.data.index import read_index
from cloudmamba.evaluation.calibration import LogitCounts, with_temperature
from cloudmamba.evaluation.corruption import corrupt
from cloudmamba.evaluation.maskers import ModelMasker
from cloudmamba.evaluation.uncertainty import ErrorRanking, Reliability
from cloudmamba.evaluation.uncertainty_comparison import compare, count_logits
from cloudmamba.masker import CloudMasker
from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba

CARD = {"name": "tiny", "version": "3", "trained_on": "-", "licence": "-"}
ALL = [True] * 4


@pytest.fixture
def data(tmp_path):
    return make_data_folder(tmp_path / "data")


@pytest.fixture
def images(data):
    return [read_record(r) for r in read_index(data) if r.folder == "manual/validation"]


@pytest.fixture
def network():
    """Random weights that are right and wrong, sure and unsure."""
    torch.manual_seed(1)
    model = CloudMamba(ModelConfiguration(widths=(8, 8), state_size=1)).eval()
    with torch.no_grad():
        for head in (model.head, model.refiner.head):
            head.weight *= 8
    return model


def predictions(model, images, **options):
    return [
        predict_array(model, i.reflectance, i.valid, ALL, stages=True, **options) for i in images
    ]


def pooled(values):
    return np.concatenate([value.ravel() for value in values])


def uncertainty_of(probability):
    return 1 - 2 * np.abs(probability - np.float32(0.5))


def check(measurement, probability, mask, cloud):
    assert measurement.pixels == cloud.size
    expected = ErrorRanking.of(uncertainty_of(probability), mask != cloud)
    assert 0 < expected.errors < expected.pixels
    assert measurement.ranking.errors == expected.errors
    assert measurement.ranking.aurc == pytest.approx(expected.aurc, abs=1e-6)
    assert measurement.ranking.auroc_of_errors == pytest.approx(expected.auroc_of_errors, abs=1e-6)
    assert measurement.reliability.ece == pytest.approx(Reliability.of(probability, cloud).ece)
    assert measurement.reliability.brier == pytest.approx(np.mean((probability - cloud) ** 2))


def fused(prediction):
    return prediction.probability


@pytest.mark.parametrize(
    ("name", "augment", "probability_of", "runs"),
    [
        ("Pc (the paper's U)", "none", lambda p: p.coarse_probability, 1),
        ("fused", "none", fused, 1),
        (
            "mean of Pc and Pr",
            "none",
            lambda p: (p.coarse_probability + p.refined_probability) / 2,
            1,
        ),
        ("fused, flips", "flips", fused, 4),
        ("fused, dihedral", "dihedral", fused, 8),
    ],
)
def test_each_candidate_is_measured_on_its_own_probability_and_mask(
    network, images, name, augment, probability_of, runs
):
    # A temperature of the model's own plays no part.
    masker = ModelMasker("tiny", CloudMasker.of(with_temperature(network, 3.0), CARD))
    measurement = compare(masker, images, None).measurements[name]
    found = predictions(network, images, augment=augment)
    check(
        measurement,
        pooled(probability_of(prediction) for prediction in found),
        pooled(prediction.mask == 1 for prediction in found),
        pooled(image.label == 1 for image in images),
    )
    assert measurement.network_runs == runs
    assert measurement.seconds > 0


def test_calibrated_candidates(network, images):
    masker = ModelMasker("tiny", CloudMasker.of(network, CARD))
    measurements = compare(masker, images, 2.0).measurements
    found = predictions(network, images)
    cloud = [image.label == 1 for image in images]
    counts = [LogitCounts.of(p.probability, c) for p, c in zip(found, cloud, strict=True)]
    of_the_other = [counts[1].fit_temperature(), counts[0].fit_temperature()]
    assert abs(of_the_other[0] - of_the_other[1]) > 0.01
    span = f"{min(of_the_other):.2f} to {max(of_the_other):.2f}"
    for name, temperatures in (
        ("fused, temperature 2.00", (2.0, 2.0)),
        (f"fused, temperature of the other images ({span})", of_the_other),
    ):
        calibrated = pooled(
            1 / (1 + np.exp(-np.log(p.probability / (1 - p.probability)) / temperature))
            for p, temperature in zip(found, temperatures, strict=True)
        )
        reliability = measurements[name].reliability
        assert reliability.ece == pytest.approx(Reliability.of(calibrated, pooled(cloud)).ece)
        assert reliability.brier == pytest.approx(np.mean((calibrated - pooled(cloud)) ** 2))
        assert measurements[name].ranking is measurements["fused"].ranking


def test_temperature_is_fitted_to_the_uncalibrated_probability(network, images):
    masker = ModelMasker("tiny", CloudMasker.of(with_temperature(network, 3.0), CARD))
    found = predictions(network, images)
    expected = LogitCounts.of(
        pooled(p.probability for p in found), pooled(image.label == 1 for image in images)
    )
    counts = count_logits(masker, images)
    assert np.array_equal(counts.cloud, expected.cloud)
    assert np.array_equal(counts.clear, expected.clear)


def test_one_image_alone_has_no_others(network, images):
    names = compare(
        ModelMasker("tiny", CloudMasker.of(network, CARD)), images[:1], 2.0
    ).measurements
    assert "fused, temperature 2.00" in names
    assert not any("of the other images" in name for name in names)


def test_unlabelled_pixels_do_not_count(network, images):
    labels = images[0].label
    labels[:10] = 255
    measurements = compare(
        ModelMasker("tiny", CloudMasker.of(network, CARD)), images[:1], None
    ).measurements
    assert {m.pixels for m in measurements.values()} == {labels.size - 10 * labels.shape[1]}


def test_corrupted_regions(network, images):
    kind = "noise"
    masker = ModelMasker("tiny", CloudMasker.of(network, CARD))
    measured = compare(masker, images, None, (kind,)).corruptions[kind]["fused, flips"]
    before = predictions(network, images, augment="flips")
    damaged = [corrupt(kind, i.reflectance, i.available_bands, i.name) for i in images]
    after = [
        predict_array(network, d, i.valid, ALL, augment="flips")
        for (d, _), i in zip(damaged, images, strict=True)
    ]
    region = pooled(r for _, r in damaged)
    for ranking, found in ((measured.region, after), (measured.region_before, before)):
        # Not of the delivered uncertainty, which has steps.
        uncertainty = pooled(1 - 2 * np.abs(p.probability - 0.5) for p in found)
        expected = ErrorRanking.of(uncertainty, region)
        assert ranking.auroc_of_errors == pytest.approx(expected.auroc_of_errors, abs=1e-6)
    cloud = pooled(image.label == 1 for image in images)
    was_wrong, is_wrong = (pooled(p.mask == 1 for p in found) != cloud for found in (before, after))
    caused = is_wrong & ~was_wrong
    assert measured.caused.errors == caused.sum() > 0
    assert measured.caused.pixels == cloud.size


def test_noise_is_found_by_a_model_that_it_makes_hesitate(images):
    """The stand-in is sure of black ground: brighter noise makes it less so, darker cannot."""
    for image in images:
        image.reflectance[:] = 0
    masker = ModelMasker("-", CloudMasker.of(BrightnessModel().eval(), CARD))
    measured = compare(masker, images, None, ("noise",)).corruptions["noise"]["fused"]
    assert measured.region_before.auroc_of_errors == pytest.approx(0.5)
    # Half of the region stands out, the other half is tied with the ground around it.
    assert measured.region.auroc_of_errors == pytest.approx(0.75, abs=0.02)


def test_command_prints_and_writes_all_groups(data, network, tmp_path, capsys):
    weights, result = tmp_path / "tiny.safetensors", tmp_path / "result.json"
    save_model(network, weights, CARD)
    arguments = ["uncertainty", str(data), "--model", str(weights), "--json", str(result)]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    content = json.loads(result.read_text())
    assert content["model"]["name"] == "tiny"
    assert content["images"] == {"Sentinel-2 MSI": 2, "clear, places kept out of training": 4}
    assert f"Temperature: {content['temperature']:.3f}, fitted to manual/train" in text
    group = content["groups"]["Sentinel-2 MSI"]
    assert f"fused, temperature {content['temperature']:.2f}" in group["candidates"]
    shown = next(line for line in text.splitlines() if line.startswith("fused, flips"))
    figures = group["candidates"]["fused, flips"]
    assert f"{100 * figures['wrong']:.2f}" in shown and f"{figures['ece']:.4f}" in shown
    assert set(group["corruptions"]) == {"noise", "dead columns", "band misregistration"}
    assert f"{group['corruptions']['noise']['fused']['auroc_of_region']:.4f}" in text
    clear = content["groups"]["clear, places kept out of training"]
    assert clear["corruptions"] == {}
    pixels = clear["candidates"]["fused"]["reliability"]["pixels"]
    assert sum(pixels) == 4 * 64 * 64
    # Its own result it may replace, another file it may not.
    assert main(arguments) == 0
    result.write_text("{}")
    assert main(arguments) == 4
    assert result.read_text() == "{}"


def test_command_explains_empty_subsets(data, capsys):
    assert main(["uncertainty", str(data), "--subset", "none"]) == 3
    assert "has no images in 'none'" in capsys.readouterr().err
    assert main(["uncertainty", str(data), "--calibrate-on", "none"]) == 3
    assert "has no images in 'none'" in capsys.readouterr().err
