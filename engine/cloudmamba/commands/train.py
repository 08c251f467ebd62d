"""``cloudmamba train``: train a model from a configuration and a folder of labelled images."""

from __future__ import annotations

import argparse
from pathlib import Path

from cloudmamba.commands.environment import compute_options

HELP = "train a model from a configuration (TOML file or name of a shipped one)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("configuration", help="TOML file, or the name of a shipped configuration")
    parser.add_argument("--data", required=True, type=Path, help="folder with index.csv and images")
    parser.add_argument("--output", required=True, type=Path, help="folder of the run")
    parser.add_argument(
        "--start-from",
        metavar="MODEL",
        help="model file or name whose weights and network the run begins with (fine-tuning)",
    )
    parser.add_argument(
        "--teachers",
        type=Path,
        metavar="FOLDER",
        help="folder with labels of teachers, as 'cloudmamba teach' leaves it",
    )
    parser.add_argument("--resume", action="store_true", help="go on from the run's checkpoint")
    parser.add_argument("--seed", type=int, help="replaces the configuration's seed")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N")
    parser.add_argument(
        "--processes",
        type=int,
        default=1,
        metavar="N",
        help="share each batch among N processes; on the CPU as many as cores (default: 1)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Train to the last step, showing loss and validation scores."""
    from cloudmamba.inference.devices import resolve_device
    from cloudmamba.startup import prepare_process
    from cloudmamba.training.configuration import read_configuration
    from cloudmamba.training.epochs import prepare
    from cloudmamba.training.loop import MODEL_NAME, StartingModel, Trainer
    from cloudmamba.training.run_folder import open_run_folder
    from cloudmamba.training.validation import Validation
    from cloudmamba.training.workers import Workers

    prepare_process(idle_threads_sleep=False)
    start = StartingModel.load(arguments.start_from) if arguments.start_from else None
    configuration = read_configuration(
        arguments.configuration, arguments.seed, start.network.configuration if start else None
    )
    device = resolve_device(arguments.device).torch_device
    compute = compute_options()
    # Before the images are read, which takes a while.
    with open_run_folder(arguments.output, arguments.resume):
        configuration, sampler = prepare(configuration, arguments.data, arguments.teachers)
        validation = Validation(arguments.data, device, arguments.teachers)
        if validation.is_empty:
            print(
                f"'{arguments.data}' has no images for choosing: training without validation scores."
            )

        def trainer_of(workers: Workers | None, rank: int) -> Trainer:
            trainer = Trainer(
                configuration, arguments.data, sampler, validation.scores, arguments.output, device,
                start, workers, rank, compute,
            )  # fmt: skip
            if arguments.resume:
                trainer.resume()
            return trainer

        if arguments.processes == 1:
            follow(trainer_of(None, 0))
        else:
            _train_together(trainer_of, configuration, arguments.processes, device.type)
    print(f"Model: {arguments.output / MODEL_NAME}")
    return 0


def _train_together(trainer_of, configuration, processes: int, device: str) -> None:
    """Train in several processes, of which this one shows the progress."""
    import torch

    from cloudmamba.errors import InputError
    from cloudmamba.model_files import build
    from cloudmamba.training.workers import Workers

    # Two views of a scene are compared, so that they stay together.
    batch_size = configuration.optimisation.batch_size
    shared = batch_size // 2 if configuration.data.two_views > 0 else batch_size
    if processes < 1 or processes > shared or device != "cpu":
        raise InputError(
            "Several processes share the samples of a batch on the CPU: give a number from 1 to "
            f"{shared}, which is how many a batch has to share, and --device cpu."
        )
    torch.set_num_threads(max(1, torch.get_num_threads() // processes))
    with torch.device("meta"):
        parameters = sum(p.numel() for p in build(configuration.model).parameters())
    workers = Workers(processes, parameters)

    def work(rank: int) -> None:
        for _ in trainer_of(workers, rank).run():
            raise AssertionError("only the process of rank 0 reports progress")

    workers.start(work)
    try:
        follow(trainer_of(workers, 0))
    finally:
        workers.stop()


def follow(trainer, title: str | None = None) -> None:
    """Train to the last step behind a progress bar."""
    from tqdm import tqdm

    steps = trainer.configuration.optimisation.steps
    with tqdm(
        total=steps, initial=trainer.step, desc=title, unit="step", dynamic_ncols=True
    ) as bar:
        for progress in trainer.run():
            bar.update()
            bar.set_postfix(loss=f"{progress.loss:.3f}")
            if progress.scores:
                scores = "  ".join(f"{k} {v:.2f}" for k, v in progress.scores.items())
                bar.write(f"step {progress.step}: {scores}")
