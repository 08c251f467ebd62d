"""Probabilities of ukis-csmask (Apache-2.0), run by a Python that has it: PROGRAM FOLDER.

Reads ``request.json`` in FOLDER and writes the answer to each of its tasks beside its input; see
``teachers/runner.py``, which starts this. It imports nothing of CloudMamba.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
from ukis_csmask import mask as ukis

# The order of the package's classes.
CLOUD, SHADOW = 1, 2


class _SessionsByFile:
    """In place of onnxruntime's sessions: one for each file.

    The package loads its network anew for every image, which takes longer than an image does.
    """

    def __init__(self):
        self._make = ukis.onnxruntime.InferenceSession
        self._made = {}

    def __call__(self, path, **settings):
        if path not in self._made:
            self._made[path] = self._make(path, **settings)
        return self._made[path]


class _Probabilities(ukis.CSmask):
    """ukis-csmask that keeps its probabilities, not the greatest of them alone."""

    def _csm(self):
        height, width = self.target_size
        tiles = ukis.tile_array(self.img, xsize=height, ysize=width, overlap=0.2)
        logits = [
            self.session.run(None, {self.input_names: tile[None]})[0]
            for tile in np.moveaxis(tiles, -1, 1)
        ]
        answers = np.moveaxis(np.concatenate([self.softmax(batch) for batch in logits]), 1, -1)
        shape = (*self.img.shape[:2], answers.shape[3])
        self.probabilities = ukis.untile_array(answers, shape, overlap=0.2, smooth_blending=True)
        return np.argmax(self.probabilities, 2).astype(np.uint8)[..., None]


def main(folder: Path) -> None:
    """Answer every task: (2, height, width) float32, probability of cloud and of shadow."""
    # Small images are mirrored to the size of a tile by the caller; the package warns before.
    warnings.filterwarnings("ignore", category=UserWarning)
    ukis.onnxruntime.InferenceSession = _SessionsByFile()
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    for task in request["tasks"]:
        image = np.load(folder / task["input"], allow_pickle=False)
        masker = _Probabilities(
            np.ascontiguousarray(np.moveaxis(image, 0, -1)),
            task["bands"],
            product_level=task["level"],
            intra_op_num_threads=request["threads"],
            providers=["CPUExecutionProvider"],
        )
        answer = np.moveaxis(masker.probabilities[..., [CLOUD, SHADOW]], -1, 0)
        np.save(folder / task["output"], answer.astype(np.float32))
        print(task["output"], flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
