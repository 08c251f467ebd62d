"""Test-time augmentation: what is averaged, what that makes equivariant, and what off means."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch
from stand_ins import BrightnessModel, land, predict_array
from torch import nn

from cloudmamba.cli import main
from cloudmamba.detection import DetectionRequest
from cloudmamba.detection.symmetries import AUGMENTATIONS
from cloudmamba.errors import InputError
from cloudmamba.model_files import save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba, Stages
from cloudmamba.network.refinement import fuse_probability
from cloudmamba.worker.conversion import build_parameters

CARD = {"name": "tiny", "version": "1", "trained_on": "-", "licence": "-"}
GAMMA = ModelConfiguration.acceptance_threshold


@pytest.fixture
def network():
    """A small network of random weights that hesitates and finds cloud in about half of a scene."""
    torch.manual_seed(3)
    model = CloudMamba(ModelConfiguration(widths=(4, 8, 8), state_size=2)).eval()
    model.requires_grad_(False)
    image = torch.from_numpy(scene())[None]
    for head, probability in (
        (model.head, "coarse_probability"),
        (model.refiner.head, "refined_probability"),
    ):
        logit = getattr(model(image), probability).logit()
        head.weight *= 2 / logit.std()
        head.bias -= getattr(model(image), probability).logit().median()
    return model


def scene():
    """(4, 52, 71) float32, of no symmetry, of no size that the network has inside."""
    return land(52, 71)


def predict(model, image, augment="none", stages=True):
    valid = np.ones(image.shape[1:], bool)
    return predict_array(model, image, valid, [True] * 4, augment=augment, stages=stages)


def transformed(array, symmetry):
    return symmetry.apply(torch.from_numpy(array)).numpy().copy()


def test_symmetries_are_undone_and_differ():
    image = torch.arange(12).reshape(3, 4)
    for symmetries in AUGMENTATIONS.values():
        pictures = [symmetry.apply(image) for symmetry in symmetries]
        for symmetry, picture in zip(symmetries, pictures, strict=True):
            assert torch.equal(symmetry.undo(picture), image)
        assert len({str(picture.tolist()) for picture in pictures}) == len(symmetries)
    assert [len(symmetries) for symmetries in AUGMENTATIONS.values()] == [1, 4, 8]
    assert all(symmetries[0].apply(image) is image for symmetries in AUGMENTATIONS.values())


def test_off_is_exactly_the_network(network):
    image = scene()
    with torch.inference_mode():
        stages = network(torch.from_numpy(image)[None])
        coarse, refined = stages.coarse_probability, stages.refined_probability
        fused = fuse_probability(coarse, refined, GAMMA)
    found = predict(network, image)
    assert np.array_equal(found.coarse_probability, coarse[0, 0])
    assert np.array_equal(found.refined_probability, refined[0, 0])
    assert np.array_equal(found.probability, fused[0, 0])
    assert np.array_equal(found.mask, fused[0, 0] > 0.5)
    assert 0.1 < found.mask.mean() < 0.9 and 0.1 < found.accepted.mean() < 0.9


@pytest.mark.parametrize("augment", ["flips", "dihedral"])
def test_both_stages_are_averaged_and_then_fused_as_always(network, augment):
    image = scene()
    symmetries = AUGMENTATIONS[augment]
    alone = [predict(network, transformed(image, symmetry)) for symmetry in symmetries]

    def mean(name):
        turned_back = [
            symmetry.undo(torch.from_numpy(getattr(prediction, name)))
            for symmetry, prediction in zip(symmetries, alone, strict=True)
        ]
        return torch.stack(turned_back).mean(0)

    coarse, refined = mean("coarse_probability"), mean("refined_probability")
    found = predict(network, image, augment)
    assert found.coarse_probability == pytest.approx(coarse.numpy(), abs=1e-5)
    assert found.refined_probability == pytest.approx(refined.numpy(), abs=1e-5)
    fused = fuse_probability(
        torch.from_numpy(found.coarse_probability),
        torch.from_numpy(found.refined_probability),
        GAMMA,
    ).numpy()
    assert np.array_equal(found.probability, fused)
    assert np.array_equal(found.mask, fused > 0.5)
    assert (found.mask != predict(network, image).mask).any(), "averaging changes something"


@pytest.mark.parametrize("augment", ["flips", "dihedral"])
def test_mask_of_a_turned_image_is_the_turned_mask(network, augment):
    image = scene()
    expected = predict(network, image, augment)
    coarse_uncertainty = 1 - 2 * np.abs(expected.coarse_probability - 0.5)
    # Rounding may decide where a threshold is met almost exactly.
    decided = (np.abs(coarse_uncertainty - GAMMA) > 1e-4) & (
        np.abs(expected.probability - 0.5) > 1e-4
    )
    assert decided.mean() > 0.98
    for symmetry in AUGMENTATIONS[augment]:
        found = predict(network, transformed(image, symmetry), augment)
        clear_cut = transformed(decided, symmetry)
        for name, tolerance in (("mask", 0), ("probability", 1e-5)):
            turned = transformed(getattr(expected, name), symmetry)[clear_cut]
            assert getattr(found, name)[clear_cut] == pytest.approx(turned, abs=tolerance)


def test_without_augmentation_the_network_is_not_equivariant(network):
    image = scene()
    flipped = predict(network, image[:, :, ::-1].copy()).probability[:, ::-1]
    assert np.abs(flipped - predict(network, image).probability).max() > 0.01


@pytest.mark.parametrize("augment", ["flips", "dihedral"])
def test_same_result_whether_refined_everywhere_or_where_needed(network, augment):
    image = scene()
    everywhere, where_needed = (
        predict(network, image, augment, stages) for stages in (True, False)
    )
    assert np.array_equal(everywhere.mask, where_needed.mask)
    assert np.array_equal(everywhere.probability, where_needed.probability)


class SidedModel(nn.Module):
    """Sure of cloud on the left half of whatever it is shown, sure of none on the right."""

    def __init__(self):
        super().__init__()
        self.configuration = ModelConfiguration()
        self.unused = nn.Parameter(torch.zeros(1))
        self.refine = []

    def forward(
        self, image, available_bands=None, refine=True, acceptance_threshold=None, fineness=None
    ):
        self.refine.append(refine)
        coarse = torch.full_like(image[:, :1], 0.05)
        coarse[..., : image.shape[-1] // 2] = 0.95
        refined = torch.full((len(image),), refine is True)
        probability = torch.full_like(coarse, 0.2) if refine is True else coarse
        return Stages(coarse.logit(), probability.logit(), refined, (), GAMMA)


def test_refined_where_only_the_mean_is_uncertain():
    model = SidedModel()
    image = np.zeros((4, 8, 8), np.float32)
    assert (predict(model, image, stages=False).mask == [1, 1, 1, 1, 0, 0, 0, 0]).all()
    assert model.refine == ["where_needed"]
    model.refine.clear()
    # Each flip is sure of itself, but they contradict each other: the mean Pc is one half.
    found = predict(model, image, "flips", stages=False)
    assert model.refine == ["where_needed"] * 4 + [True] * 4
    assert found.probability == pytest.approx(0.2, abs=1e-6)
    assert not found.mask.any()
    assert found.tiles_refined == 1


def test_a_single_stage_network_is_not_run_twice(network):
    torch.manual_seed(0)
    single = CloudMamba(ModelConfiguration(widths=(4, 8), state_size=1, refinement=False)).eval()
    runs = []
    single.register_forward_hook(lambda *_: runs.append(1))
    found = predict(single, scene(), "flips")
    assert len(runs) == 4
    assert found.tiles_refined == 0
    assert np.array_equal(found.probability, found.coarse_probability)


@pytest.mark.parametrize(("augment", "times"), [("none", 1), ("flips", 4), ("dihedral", 8)])
def test_cost(augment, times):
    model = BrightnessModel().eval()
    image = np.full((4, 40, 40), 0.6, np.float32)
    predict_array(model, image, np.ones((40, 40), bool), [True] * 4, augment=augment)
    assert len(model.images_seen) == times


def test_requests_of_the_worker_may_ask_for_it():
    required = {"input_path": "in.tif", "mask_path": "m.tif"}
    assert build_parameters(DetectionRequest, required).augment == "none"
    assert build_parameters(DetectionRequest, {**required, "augment": "flips"}).augment == "flips"


def test_detect_command(write_raster, network, tmp_path, capsys):
    image = np.round(scene() * 1e4).astype(np.uint16)
    path, weights = write_raster(image), tmp_path / "tiny.safetensors"
    save_model(network, weights, CARD)
    mask, probability = tmp_path / "mask.tif", tmp_path / "probability.tif"
    arguments = ["detect", str(path), "--mask", str(mask), "--probability", str(probability)]
    arguments += ["--model", str(weights), "--device", "cpu", "--json", "--augment"]
    assert main([*arguments, "dihedral"]) == 0
    assert json.loads(capsys.readouterr().out)["augmentation"] == "dihedral"
    expected = predict(network, image.astype(np.float32) * np.float32(1e-4), "dihedral")
    with rasterio.open(mask) as file:
        assert np.array_equal(file.read(1), expected.mask)
        assert file.tags()["AUGMENTATION"] == "dihedral"
    with rasterio.open(probability) as file:
        assert file.read(1) == pytest.approx(expected.probability, abs=1e-5)

    before = sorted(tmp_path.iterdir())
    Path(mask).unlink()
    assert main([*arguments, "turns"]) == 3
    assert "'turns' is unknown: use one of none, flips, dihedral." in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == [p for p in before if p != mask]


def test_unknown_augmentation_is_refused(network):
    with pytest.raises(InputError, match="augmentation 'rotate' is unknown"):
        predict(network, scene(), "rotate")
