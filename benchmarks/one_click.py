"""From click to mask: what QGIS and the plugin add to the engine's own computing.

Runs the one click in a real QGIS, without a window, on a layer of 512 x 512 pixels, again and
again with a warm engine, and compares the time from the click until both results lie styled in
the layer tree with the time that the engine says it took. Run it with QGIS's Python:

    python3 tools/stage_plugin.py build/plugin
    CLOUDMAMBA_ENGINE=~/cloudmamba/bin/python python3 benchmarks/one_click.py
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).resolve().parents[1]
SIZE_PX = 512


def main() -> None:
    """Measure and print a line a click, then the medians and their ratio."""
    parser = argparse.ArgumentParser(description="Time from click to mask on a warm engine.")
    parser.add_argument("scene", nargs="?", type=Path, default=ROOT / "build/sample_scene.tif")
    parser.add_argument("--plugin", type=Path, default=ROOT / "build/plugin", help="staged plugin")
    parser.add_argument("--clicks", type=int, default=9)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        os.environ["QGIS_CUSTOM_CONFIG_PATH"] = temporary
        sys.path.insert(0, str(arguments.plugin))
        measure(arguments.scene, Path(temporary), arguments.clicks)


def measure(scene: Path, folder: Path, clicks: int) -> None:
    """Click ``clicks`` times, after one that starts the engine."""
    from osgeo import gdal
    from qgis.core import QgsApplication, QgsProject, QgsRasterLayer

    application = QgsApplication([], True)
    application.initQgis()
    from cloudmamba_qgis import classFactory
    from cloudmamba_qgis.gui.one_click.detection import LayerDetection
    from cloudmamba_qgis.layers.interpretation import Interpretation

    plugin = classFactory(None)
    plugin.initGui()
    window = folder / "scene.tif"
    gdal.Translate(str(window), str(scene), srcWin=[0, 0, SIZE_PX, SIZE_PX])
    layer = QgsRasterLayer(str(window), "Scene")
    QgsProject.instance().addMapLayer(layer)

    def click() -> tuple[float, float]:
        """Seconds from click to mask, and those of the engine."""
        started = time.perf_counter()
        detection = LayerDetection(layer, Interpretation())
        ended = []
        detection.ended.connect(lambda: ended.append(True))
        detection.start()
        while not ended:
            application.processEvents()
            time.sleep(0.001)
        if not detection.succeeded:
            sys.exit(detection.failure)
        results = detection.place()
        seconds = time.perf_counter() - started
        results.remove()
        return seconds, detection.summary["seconds"]

    cold, _ = click()
    print(f"first click, with the start of the engine: {cold:.2f} s")
    times = []
    for number in range(1, clicks + 1):
        times.append(click())
        print(f"click {number}: {times[-1][0]:.3f} s, engine {times[-1][1]:.3f} s")
    click_s, engine_s = (statistics.median(column) for column in zip(*times, strict=True))
    ratio = statistics.median(clicked / computed for clicked, computed in times)
    print(
        f"medians: click to mask {click_s:.3f} s, engine {engine_s:.3f} s; "
        f"median of the ratios {ratio:.2f}"
    )
    plugin.unload()
    application.exitQgis()


if __name__ == "__main__":
    main()
