"""``cloudmamba calibrate``: a model file whose probability says how often it is right."""

from __future__ import annotations

import argparse
from pathlib import Path

from cloudmamba.commands.environment import compute_options

HELP = "fit a model's probability to labelled images; its masks stay the same"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("data", type=Path, help="folder with index.csv and images")
    parser.add_argument(
        "--output", type=Path, required=True, metavar="FILE", help="model file to write"
    )
    parser.add_argument("--model", help="model file or name to calibrate (default: shipped)")
    parser.add_argument(
        "--subset",
        default="manual/train",
        help="folder of the index to fit to: images as those to be masked, and not those that the "
        "model is scored on (default: %(default)s)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")


def run(arguments: argparse.Namespace) -> int:
    """Write the calibrated model and print what that changed on the images."""
    import torch
    from tqdm import tqdm

    from cloudmamba.data.images import read_record
    from cloudmamba.data.index import read_index
    from cloudmamba.errors import InputError, OutputError
    from cloudmamba.evaluation.calibration import with_temperature
    from cloudmamba.evaluation.maskers import ModelMasker
    from cloudmamba.evaluation.uncertainty_comparison import count_logits
    from cloudmamba.inference.devices import resolve_device
    from cloudmamba.masker import CloudMasker
    from cloudmamba.model_files import FOR_PICTURES, load_model, save_model
    from cloudmamba.startup import prepare_process

    prepare_process(idle_threads_sleep=False)
    output = arguments.output
    if output.exists():
        raise OutputError(f"'{output}' exists already: choose another name.")
    if not output.parent.is_dir():
        raise OutputError(f"There is no folder '{output.parent}' to write to: make it first.")
    records = [r for r in read_index(arguments.data) if r.folder == arguments.subset]
    if not records:
        raise InputError(f"'{arguments.data}' has no images in '{arguments.subset}' to fit to.")
    device = resolve_device(arguments.device).torch_device
    model, model_card = load_model(arguments.model, device)
    if FOR_PICTURES in model_card and any(record.is_picture for record in records):
        raise InputError(
            f"The images in '{arguments.subset}' are 8-bit pictures, which '{model_card['name']}' leaves "
            f"to '{model_card[FOR_PICTURES]}': calibrate that model."
        )
    masker = ModelMasker(model_card["name"], CloudMasker.of(model, model_card, compute_options()))
    with tqdm(records, unit="image", leave=False, disable=None) as progress:
        counts = count_logits(masker, map(read_record, progress))
    temperature = counts.fit_temperature()

    weights = model.state_dict().values()
    # Shipped models are stored in half precision; what that loses is lost already.
    half = all(torch.equal(tensor.half().float(), tensor) for tensor in weights)
    del model_card["checksum"]
    model_card["calibrated_on"] = f"{len(records)} images of {arguments.subset}"
    try:
        save_model(with_temperature(model, temperature), output, model_card, half)
    except OSError as error:
        raise OutputError(f"'{output}' cannot be written: {error.strerror}.") from error
    print(f"Temperature:              {temperature:.3f}")
    for title, value in (("uncalibrated", 1.0), ("calibrated", temperature)):
        loss = counts.negative_log_likelihood(value)
        print(f"{f'Log loss, {title}:':<25} {loss:.4f} on {model_card['calibrated_on']}")
    print(f"Model:                    {output}")
    return 0
