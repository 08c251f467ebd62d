"""Runs ``cloudmamba:detectclouds`` on one scene through ``qgis_process`` and shows the result.

Uses the staged plugin and a QGIS profile of its own, so that nothing of the user's QGIS
changes. Leaves ``mask.tif``, ``uncertainty.tif`` and ``side_by_side.png`` in the output folder.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from qgis_process import qgis_process

ROOT = Path(__file__).resolve().parents[1]
PLUGIN = "cloudmamba_qgis"


def qgis_environment(engine: Path) -> dict[str, str]:
    """Environment in which QGIS finds the staged plugin and the plugin finds the engine."""
    profile = ROOT / "build" / "demo_profile"
    shutil.rmtree(profile, ignore_errors=True)
    runtime = profile / "runtime"
    runtime.mkdir(parents=True, exist_ok=True)
    runtime.chmod(0o700)
    return {
        "QT_QPA_PLATFORM": "offscreen",
        **os.environ,
        "QGIS_PLUGINPATH": str(ROOT / "build" / "plugin"),
        "QGIS_CUSTOM_CONFIG_PATH": str(profile),
        "XDG_RUNTIME_DIR": str(runtime),
        "CLOUDMAMBA_ENGINE": str(engine),
        # QGIS's statistics of the scene are not to end up in a file beside it.
        "GDAL_PAM_ENABLED": "NO",
    }


def run_quietly(command: list[str], environment: dict[str, str]) -> None:
    """Run a command whose output matters only when it fails."""
    done = subprocess.run(command, check=False, env=environment, text=True, capture_output=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")


def detect_clouds(scene: Path, mask: Path, uncertainty: Path, environment: dict[str, str]) -> dict:
    """Run the algorithm, passing QGIS's messages on, and return its results."""
    inputs = {"INPUT": scene, "OUTPUT": mask, "UNCERTAINTY": uncertainty}
    done = subprocess.run(
        [qgis_process(), "--json", "run", "cloudmamba:detectclouds"]
        + [f"{name}={path}" for name, path in inputs.items()],
        check=False,
        env=environment,
        text=True,
        capture_output=True,
    )
    if done.returncode != 0:
        sys.exit(f"qgis_process failed:\n{done.stderr}\n{done.stdout}")
    return json.loads(done.stdout)["results"]


def main() -> None:
    """Run the demonstration."""
    parser = argparse.ArgumentParser(description="Mask one scene with the QGIS plugin.")
    parser.add_argument("--engine", type=Path, required=True, help="Python of the engine")
    parser.add_argument("--scene", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    if not arguments.scene.is_file():
        sys.exit(f"There is no scene '{arguments.scene}': give the path of a raster file.")
    # Not resolve(): the Python of a virtual environment is a link, and only works as one.
    environment = qgis_environment(Path(os.path.abspath(arguments.engine)))
    arguments.output.mkdir(parents=True, exist_ok=True)
    scene, output = arguments.scene.resolve(), arguments.output.resolve()
    mask, uncertainty = output / "mask.tif", output / "uncertainty.tif"
    picture = output / "side_by_side.png"

    run_quietly([qgis_process(), "plugins", "enable", PLUGIN], environment)
    results = detect_clouds(scene, mask, uncertainty, environment)
    run_quietly(
        [
            sys.executable,
            str(ROOT / "tools" / "side_by_side.py"),
            *map(str, (scene, mask, uncertainty, picture)),
        ],
        environment,
    )
    print(f"Scene:            {scene}")
    print(f"Cloud:            {results['CLOUD_PERCENT']:.1f} % of valid pixels")
    print(f"Valid:            {results['VALID_PERCENT']:.1f} % of all pixels")
    print(f"Mean uncertainty: {results['MEAN_UNCERTAINTY']:.3f}")
    print(f"Device:           {results['DEVICE']}")
    for label, path in (("Mask", mask), ("Uncertainty", uncertainty), ("Picture", picture)):
        print(f"{label + ':':<17} {path}")


if __name__ == "__main__":
    main()
