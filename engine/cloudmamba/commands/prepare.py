"""``cloudmamba prepare``: compile for this processor what a first detection would wait for.

The set-up of an engine runs it. What is compiled is kept; a later call finds it and does nothing.
"""

from __future__ import annotations

import argparse

from cloudmamba.commands.environment import load_masker

HELP = "compile for this processor what a first detection would otherwise wait for"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command has no arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Run every shipped model once on a few pixels, as the first detection does."""
    from cloudmamba.model_files import shipped_models
    from cloudmamba.ops.processor import target_processor

    for name in shipped_models():
        load_masker(name, "cpu")
    print(f"Ready to detect on {target_processor()}.")
    return 0
