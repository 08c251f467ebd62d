"""Stand-ins for the network and for imagery whose right answers are known."""

import dataclasses

import numpy as np
import torch
from torch import nn

from cloudmamba.detection import in_memory
from cloudmamba.inference.prepared_model import PreparedModel
from cloudmamba.network.configuration import ModelConfiguration
from cloudmamba.network.model import Stages
from cloudmamba.network.refinement import accepted_where, uncertainty_of


class BrightnessModel(nn.Module):
    """Cloud probability = mean visible reflectance, pixel by pixel; called as the network is.

    Being a function of one pixel alone, it makes seams, no data and fusion checkable exactly.
    The second stage halves the probability, so that a missing or superfluous one shows. What
    it was called with is kept.
    """

    def __init__(self):
        super().__init__()
        self.configuration = ModelConfiguration()
        self.unused = nn.Parameter(torch.zeros(1))
        self.images_seen = []
        self.available_bands_seen = []
        self.fineness_seen = []

    def forward(
        self, image, available_bands=None, refine=True, acceptance_threshold=None, fineness=None
    ):
        assert torch.isfinite(image).all()
        gamma = acceptance_threshold
        if gamma is None:
            gamma = self.configuration.acceptance_threshold
        self.images_seen.append(image)
        self.available_bands_seen.append(available_bands.tolist())
        self.fineness_seen.append(None if fineness is None else fineness.tolist())
        coarse = image[:, :3].mean(1, keepdim=True).clamp(0.001, 0.999)
        refined = torch.full((len(image),), bool(refine))
        if refine == "where_needed":
            refined = ~accepted_where(uncertainty_of(coarse), gamma).flatten(1).all(1)
        halved = torch.where(refined[:, None, None, None], coarse / 2, coarse)
        return Stages(coarse.logit(), halved.logit(), refined, (), gamma)


class ShadowModel(BrightnessModel):
    """Says shadow where near infrared is below 0.15, cloud or not."""

    def __init__(self):
        super().__init__()
        self.configuration = dataclasses.replace(self.configuration, shadow=True)

    def forward(self, image, *options, **keywords):
        stages = super().forward(image, *options, **keywords)
        logits = torch.where(image[:, 3:] < 0.15, 4.0, -4.0)
        return dataclasses.replace(stages, shadow_logits=logits)


def land(height, width, seed=0, bands=4):
    """Reflectance (bands, height, width) float32 of invented land: soil, plants and water."""
    rng = np.random.default_rng(seed)
    spectra = np.array(
        [[0.12, 0.16, 0.22, 0.28], [0.04, 0.08, 0.05, 0.40], [0.06, 0.05, 0.03, 0.01]], np.float32
    )
    kinds = rng.integers(0, 3, (height, width))
    brightness = rng.uniform(0.7, 1.3, (height, width)).astype(np.float32)
    return (spectra[kinds].transpose(2, 0, 1) * brightness)[:bands]


def predict_array(model, *arguments, **options):
    """The masks of an image in memory, with a network that is not prepared yet."""
    return in_memory.predict_array(PreparedModel.of(model), *arguments, **options)


def load_instead(monkeypatch, model, model_card):
    """Whatever model is asked for, have this one loaded."""
    monkeypatch.setattr(
        PreparedModel,
        "load",
        lambda path, device, compute=None: PreparedModel(model, device, model_card, path),
    )
