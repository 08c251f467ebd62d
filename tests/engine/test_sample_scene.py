"""The scene that newcomers see first: the default model has to outline its clouds."""

import numpy as np
from loading import load_module

from cloudmamba import CloudMasker


def test_default_model_outlines_the_clouds_of_the_sample_scene():
    tool = load_module("tools/make_sample_scene.py")
    numbers, cloud = tool.make_scene()
    image = np.where(numbers == 0, np.nan, numbers * tool.SCALE).astype(np.float32)
    mask = CloudMasker.load(device="cpu").predict(image, bands=tool.BANDS).mask
    seen = (numbers != 0).all(0)
    found, there = (mask == 1)[seen], (cloud > 0.5)[seen]
    assert (found & there).sum() / (found | there).sum() > 0.75
    # A scene of cloud alone, or of none, would show nothing.
    assert 0.1 < there.mean() < 0.6
