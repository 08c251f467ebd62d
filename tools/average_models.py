"""Averages the weights of models that went on from one and the same, such as runs with other seeds.

Run it with the engine's Python: ``python tools/average_models.py MODEL MODEL... --output MODEL``.
Weights of runs with another start mean other things, and their average nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import torch

from cloudmamba.errors import CloudMambaError, InputError
from cloudmamba.model_files import load_model, save_model


def main() -> None:
    """Write the average."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path, metavar="MODEL")
    parser.add_argument("--output", required=True, type=Path, metavar="MODEL")
    arguments = parser.parse_args()
    try:
        average_models(arguments.models, arguments.output)
    except CloudMambaError as error:
        parser.error(str(error))


def average_models(models: Sequence[Path], output: Path) -> None:
    """Write the mean of the weights, with the model card of the first and the checksums of all.

    Raises InputError where they did not go on from one model, and ModelError.
    """
    networks, cards = zip(*map(load_model, models), strict=True)
    starts = {card.get("started_from_checksum") for card in cards}
    if len(starts) > 1 or None in starts:
        raise InputError("These models did not go on from one and the same: average only such.")
    average = networks[0]
    states = [network.state_dict() for network in networks]
    average.load_state_dict(
        {
            name: torch.stack([state[name] for state in states]).mean(0)
            if tensor.is_floating_point()
            else tensor
            for name, tensor in states[0].items()
        }
    )
    card = dict(cards[0])
    card["average_of"] = ", ".join(card["checksum"] for card in cards)
    card["seed"] = ", ".join(card.get("seed", "?") for card in cards)
    del card["checksum"]  # of the weights of the first
    save_model(average, output, card, half=True)


if __name__ == "__main__":
    main()
