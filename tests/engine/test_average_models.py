"""The mean of the weights of models that went on from one."""

import pytest
import torch
from loading import load_module

from cloudmamba.errors import InputError
from cloudmamba.model_files import load_model, save_model
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import CloudMamba

CARD = {"name": "small", "version": "1", "trained_on": "nothing", "licence": "none"}


@pytest.fixture
def models(tmp_path):
    """Two of one start, whose weights differ."""
    paths = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        network = CloudMamba(ModelConfiguration(widths=(32, 32)))
        paths.append(tmp_path / f"{seed}.safetensors")
        save_model(
            network, paths[-1], {**CARD, "seed": str(seed), "started_from_checksum": "the same"}
        )
    return paths


def test_the_mean_of_two(models, tmp_path):
    load_module("tools/average_models.py").average_models(models, tmp_path / "mean.safetensors")
    (first, one), (second, other) = map(load_model, models)
    mean, card = load_model(tmp_path / "mean.safetensors")
    name = "head.weight"
    expected = (first.state_dict()[name] + second.state_dict()[name]) / 2
    assert not torch.equal(first.state_dict()[name], second.state_dict()[name])
    assert torch.allclose(mean.state_dict()[name], expected, atol=1e-4)
    assert card["seed"] == "1, 2" and card["name"] == "small"
    assert card["average_of"] == f"{one['checksum']}, {other['checksum']}"
    assert card["checksum"] not in (one["checksum"], other["checksum"])


def test_models_of_other_starts_have_no_mean(models, tmp_path):
    network, _ = load_model(models[1])
    save_model(network, models[1], {**CARD, "started_from_checksum": "another"})
    with pytest.raises(InputError, match="did not go on from one"):
        load_module("tools/average_models.py").average_models(models, tmp_path / "mean.safetensors")
    assert not (tmp_path / "mean.safetensors").exists()
