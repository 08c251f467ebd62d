"""``cloudmamba evaluate``: score a model on labelled images, beside a brightness threshold."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "score a model on labelled images, beside the best brightness threshold"
TRAINING_SUBSET = "manual/train"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("data", type=Path, help="folder with index.csv and images")
    parser.add_argument(
        "--subset", default="manual/validation", help="folder of the index to score (%(default)s)"
    )
    parser.add_argument("--model", help="model file or name (default: the shipped model)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument("--without-nir", action="store_true", help="withhold near infrared")
    parser.add_argument(
        "--held-out",
        action="store_true",
        help="only images of places kept out of training (with --subset clear: false alarms)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the counts as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print scores per image, per sensor and pooled."""
    from cloudmamba.allocator import keep_freed_memory
    from cloudmamba.detection.devices import resolve_device
    from cloudmamba.errors import InputError
    from cloudmamba.evaluation.scoring import model_masker, pool, score, threshold_masker
    from cloudmamba.network.model import load_model
    from cloudmamba.training.datasets import read_index

    keep_freed_memory()
    index = read_index(arguments.data)
    records = [record for record in index if record.folder == arguments.subset]
    if arguments.held_out:
        records = [record for record in records if record.held_out]
    if not records:
        folders = ", ".join(sorted({record.folder for record in index}))
        raise InputError(
            f"'{arguments.data}' has no such images in '{arguments.subset}': it has {folders}."
        )
    device = resolve_device(arguments.device)
    model, card = load_model(arguments.model, device.torch_device)
    near_infrared = not arguments.without_nir
    methods = {f"{card['name']} {card['version']}": model_masker(model, near_infrared)}
    training = [record for record in index if record.folder == TRAINING_SUBSET]
    if training:
        baseline = threshold_masker(training, near_infrared)
        methods[f"darkest band > {baseline.threshold:g}"] = baseline

    results = {}
    for method, masker in methods.items():
        scores = score(masker, records)
        results[method] = (scores, pool(scores))
        _print_table(method, *results[method])
    if arguments.json:
        _write_json(arguments.json, results)
    return 0


COLUMNS = {
    "OA": "overall_accuracy",
    "precision": "precision",
    "recall": "recall",
    "F1": "f1",
    "cloud IoU": "cloud_iou",
    "mIoU (2 classes)": "two_class_miou",
}


def _print_table(method: str, scores, pooled) -> None:
    rows = [(item.image, item.counts) for item in scores]
    rows += [(f"pooled: {key}", counts) for key, counts in pooled.items()]
    width = max(len(name) for name, _ in rows)
    print(f"\n{method} (percent)")
    print(" " * width, *(f"{title:>{max(len(title), 6)}}" for title in COLUMNS), " cloud", " truth")
    for name, counts in rows:
        cells = [
            f"{100 * getattr(counts, attribute):{max(len(title), 6)}.2f}"
            for title, attribute in COLUMNS.items()
        ]
        called = counts.true_positive + counts.false_positive
        true = counts.true_positive + counts.false_negative
        shares = [f"{100 * n / max(counts.pixels, 1):6.2f}" for n in (called, true)]
        print(f"{name:<{width}}", *cells, *shares)


def _write_json(path: Path, results) -> None:
    import dataclasses
    import json
    import math

    from cloudmamba.errors import OutputError

    def entry(counts) -> dict:
        values = {attribute: getattr(counts, attribute) for attribute in COLUMNS.values()}
        # NaN is no JSON: a score that is not defined is null.
        values = {key: None if math.isnan(value) else value for key, value in values.items()}
        return dataclasses.asdict(counts) | values

    content = {
        method: {
            "images": {item.image: entry(item.counts) for item in scores},
            "pooled": {key: entry(counts) for key, counts in pooled.items()},
        }
        for method, (scores, pooled) in results.items()
    }
    try:
        path.write_text(json.dumps(content, indent=2), encoding="utf-8")
    except OSError as error:
        raise OutputError(f"'{path}' cannot be written: {error.strerror}.") from error
