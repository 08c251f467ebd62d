"""Probabilities of s2cloudless, run by a Python that has it: PROGRAM FOLDER.

Reads ``request.json`` in FOLDER and writes the answer to each of its tasks beside its input; see
``teachers/runner.py``, which starts this. It imports nothing of CloudMamba.
"""

import json
import sys
from pathlib import Path

import numpy as np
from s2cloudless import S2PixelCloudDetector

# Its ten bands (1, 2, 4, 5, 8, 8A, 9, 10, 11, 12) by the names of the request.
BANDS = (
    "coastal", "blue", "red", "rededge1", "nir",
    "nir08", "water_vapour", "cirrus", "swir16", "swir22",
)  # fmt: skip
# Radius over which probabilities are averaged, in pixels of 10 m.
AVERAGE_OVER_PX = 3


def main(folder: Path) -> None:
    """Answer every task: (1, height, width) float32, probability of cloud."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    detector = S2PixelCloudDetector(
        threshold=0.4, average_over=AVERAGE_OVER_PX, dilation_size=0, all_bands=False
    )
    for task in request["tasks"]:
        image = np.load(folder / task["input"], allow_pickle=False)
        ordered = np.stack([image[task["bands"].index(band)] for band in BANDS], -1)
        answer = detector.get_cloud_probability_maps(ordered[None])
        np.save(folder / task["output"], answer.astype(np.float32))
        print(task["output"], flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
