#!/usr/bin/python3
"""Stands in for the engine's Python: speaks the worker protocol and misbehaves on request.

It is started as ``fake_engine.py -m cloudmamba worker``. ``CLOUDMAMBA_FAKE`` says how it
behaves; ``CLOUDMAMBA_FAKE_RECORD`` names a file for what it was given.
"""

import base64
import json
import os
import queue
import signal
import sys
import threading
import time
from pathlib import Path

from osgeo import gdal

MODE = os.environ.get("CLOUDMAMBA_FAKE", "normal")
STEPS = 400
STEP_S = 0.02
gdal.UseExceptions()
requests: "queue.Queue[dict]" = queue.Queue()


def say(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def listen():
    for line in sys.stdin:
        requests.put(json.loads(line))
    requests.put({"type": "end"})


def record(request):
    path = os.environ.get("CLOUDMAMBA_FAKE_RECORD")
    if path:
        facts = {
            "request": request,
            "environment": dict(os.environ),
            "arguments": sys.argv[1:],
            "folder": os.getcwd(),
            "pid": os.getpid(),
        }
        Path(path).write_text(json.dumps(facts), encoding="utf-8")


def record_stop(message):
    Path(os.environ["CLOUDMAMBA_FAKE_RECORD"]).with_name("stop.json").write_text(
        json.dumps(message), encoding="utf-8"
    )


def write(path, source, value, kind, bands=1):
    driver = gdal.GetDriverByName("GTiff")
    target = driver.Create(str(path), source.RasterXSize, source.RasterYSize, bands, kind)
    place = source.GetGeoTransform(can_return_null=True)
    if place:
        target.SetGeoTransform(place)
    target.SetProjection(source.GetProjection())
    if source.GetGCPCount():
        target.SetGCPs(source.GetGCPs(), source.GetGCPProjection())
    for number in range(1, bands + 1):
        target.GetRasterBand(number).Fill(value)


def write_results(request):
    source = gdal.Open(request["input_path"])
    for field, value, kind, bands in (
        ("mask_path", 1, gdal.GDT_Byte, 1),
        ("uncertainty_path", 0.25, gdal.GDT_Float32, 1),
        ("probability_path", 0.75, gdal.GDT_Float32, 1),
        ("stages_path", 0.5, gdal.GDT_Float32, 4),
        ("shadow_path", 0.75, gdal.GDT_Float32, 1),
        ("product_mask_path", 4, gdal.GDT_Byte, 1),
    ):
        if request.get(field):
            write(request[field], source, value, kind, bands)
    mask = gdal.Open(request["mask_path"], gdal.GA_Update)
    shadow = "2 cloud shadow, " if request.get("shadow_in_mask") else ""
    mask.SetMetadataItem("CLASSES", f"0 clear, 1 cloud, {shadow}255 no data")
    mask.SetMetadataItem("MEAN_UNCERTAINTY", "0.25")
    mask = None
    if MODE == "spotted":  # one pixel of cloud, and 3 x 3 of them
        spots = gdal.Open(request["mask_path"], gdal.GA_Update)
        spots.GetRasterBand(1).Fill(0)
        spots.WriteRaster(5, 5, 1, 1, b"\1")
        spots.WriteRaster(20, 12, 3, 3, b"\1" * 9)
        if request.get("shadow_in_mask"):
            spots.WriteRaster(25, 12, 4, 1, b"\2" * 4)
            spots.SetMetadataItem("SHADOW_PERCENT", "0.3333")
        spots.FlushCache()


def unfinished(request):
    mask = Path(request["mask_path"])
    return mask.with_name(f".{mask.name}.0123abcd.part.tif")


def detect(request):
    request_id = request["id"]
    unfinished(request).write_bytes(b"half")
    if MODE == "crash":
        print("Traceback: the fake engine fell over", file=sys.stderr)
        sys.exit(3)
    if MODE == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if MODE == "mute":
        time.sleep(60)
    if MODE == "refuses":
        unfinished(request).unlink()
        say(type="error", id=request_id, code="bad-input", message="The raster has 1 band.")
        return
    if MODE == "older":  # a field is newer than it
        unfinished(request).unlink()
        sentence = "This request has no field 'crs'."
        say(type="error", id=request_id, code="bad-request", message=sentence)
        return
    if MODE == "unsure" and not request["bands"]:
        unfinished(request).unlink()
        sentence = "The bands can be read in two ways, and the masks differ."
        say(type="error", id=request_id, code="bad-interpretation", message=sentence)
        return
    if MODE == "puzzled" and request["radiometry"] == "auto":
        unfinished(request).unlink()
        sentence = "The values do not look like reflectance in any known way."
        say(type="error", id=request_id, code="bad-interpretation", message=sentence)
        return
    if MODE == "out of memory":
        unfinished(request).unlink()
        say(
            type="error",
            id=request_id,
            code="bad-device",
            message="The device has too little free memory even for tiles of 128 pixels.",
        )
        return
    if MODE == "talkative":
        say(type="result", id=request_id, summary={"more": "x" * 1_000_000})
        return
    if MODE == "garbage":
        sys.stdout.write("Using 2 threads\n{not json\n[1, 2]\n")
    say(type="log", id=request_id, level="warning", message="Only three bands.")
    steps = {"slow": STEPS, "late": STEPS, "deaf": STEPS, "crash late": STEPS, "unhurried": 40}.get(
        MODE, 4
    )
    for done in range(1, steps + 1):
        if MODE in ("slow", "late") and not requests.empty():
            message = requests.get()
            record_stop(message)
            unfinished(request).unlink()
            say(type="error", id=request_id, code="cancelled", message="Cancelled.")
            if MODE == "late":  # and cannot stop talking of it
                say(type="progress", id=request_id, done=done, total=steps, message="Late")
                say(type="log", id=request_id, level="warning", message="Late.")
                say(type="error", id=request_id, code="failed", message="Late.")
                say(type="result", id=request_id, summary={"cloud_percent": -1})
            if message["type"] == "end":
                os._exit(0)
            return
        if MODE == "crash late" and done > 10:
            os.kill(os.getpid(), signal.SIGKILL)
        say(type="progress", id=request_id, done=done, total=steps, message="Detecting clouds")
        time.sleep(STEP_S if steps > 4 else 0)
    unfinished(request).unlink()
    if MODE != "liar":
        write_results(request)
    say(
        type="result",
        id=request_id,
        summary={
            "cloud_percent": 12.5,
            "shadow_percent": 4.0 if request.get("shadow_in_mask") else None,
            "valid_percent": 80.0,
            "mean_uncertainty": 0.25,
            "seconds": 0.1,
            "device": "Fake device",
            "model": "fake",
            "version": "1",
            "gsd_m": request.get("gsd_m"),
            "bands": {
                "blue": 1, "green": 2, "red": 3, "nir": None,
                "confidence": "likely", "reason": "made up",
            },
            "radiometry": {"name": "picture", "confidence": "certain", "reason": "as given"},
            "warnings": [] if MODE == "quiet" else ["The bands were guessed."],
        },
    )  # fmt: skip


def record_description(request):
    path = os.environ.get("CLOUDMAMBA_FAKE_RECORD")
    if path:
        Path(path).with_name("describe.json").write_text(
            json.dumps({**request, "pid": os.getpid()}), encoding="utf-8"
        )


def reading(bands, radiometry, title, cloud_percent, colour, trial):
    width, height = 40, 30
    picture = {
        "width": width,
        "height": height,
        "rgb": base64.b64encode(bytes(colour) * (width * height)).decode(),
    }
    return {
        "bands": bands,
        "radiometry": radiometry,
        "title": title,
        "cloud_percent": cloud_percent if trial else None,
        "thumbnail": picture if trial else None,
    }


def answer_products(request):
    """Folders with an image in them are products; one that is called damaged is not whole."""
    folder, target = Path(request["path"]), Path(request["virtual_rasters"])
    places = [folder] if (folder / "image.tif").exists() else sorted(folder.iterdir())
    scenes = []
    for place in places:
        if not place.is_dir():
            continue
        raster = target / f"{place.stem}.vrt"
        told = {"name": place.stem, "path": str(place), "raster": str(raster), "problem": ""}
        if "damaged" in place.name:
            told.update(raster="", problem="A band is missing.")
        else:
            image = gdal.Translate(str(raster), str(place / "image.tif"), format="VRT")
            colours = ("blue", "green", "red", "nir")
            for number, colour in zip(range(1, image.RasterCount + 1), colours):
                image.GetRasterBand(number).SetDescription(colour)
            image.SetMetadataItem("ACQUISITIONDATETIME", "2024-05-06T10:00:00+00:00")
            image.FlushCache()
        scenes.append(told)
    others = [path.name for path in places if path.is_file()]
    if MODE == "old":
        say(type="result", id=request["id"], summary={"scenes": scenes, "others": others})
        return
    listed = target / "products.json"
    listed.write_text(json.dumps({"scenes": scenes, "others": others}), encoding="utf-8")
    say(type="result", id=request["id"], summary={"products": str(listed)})


def answer_description(request):
    """Two ways to read the bands in the mode ``unsure``, none in ``puzzled``, else one."""
    trial = request.get("trial", False)
    confidence = "unsure" if MODE == "unsure" else "certain"
    bands = {"blue": 1, "green": 2, "red": 3, "nir": 4}
    bands.update(confidence=confidence, reason="made up")
    radiometry = {"name": "sentinel2", "scales": [1e-4], "offsets": [0.0]}
    radiometry.update(confidence="likely", reason="of these values")
    problem, question = "", ""
    readings = [reading("1,2,3,4", "sentinel2", "blue first", 12.5, (0, 0, 255), trial)]
    if MODE == "unsure":
        readings.append(reading("3,2,1,4", "sentinel2", "red first", 80.0, (255, 0, 0), trial))
        question = "The bands can be read in two ways, and the masks differ."
    if MODE == "puzzled":
        radiometry, readings = None, []
        problem = "The values do not look like reflectance in any known way."
    say(
        type="result",
        id=request["id"],
        summary={
            "bands": bands,
            "radiometry": radiometry,
            "warnings": [],
            "problem": problem,
            "problem_code": "bad-interpretation" if problem else "",
            "readings": readings,
            "question": question if trial else "",
        },
    )


def main():
    if MODE == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE == "no engine":
        sys.exit("/usr/bin/python3: No module named cloudmamba")
    if MODE == "silent":
        time.sleep(60)
    protocol = 3 if MODE == "wrong version" else 2
    say(type="hello", protocol=protocol, version="9.9", python="3", packages={}, new_field=1)
    say(type="ready", devices=[], models=[])
    threading.Thread(target=listen, daemon=True).start()
    while True:
        request = requests.get()
        if request["type"] == "detect":
            record(request)
            detect(request)
        elif request["type"] == "describe":
            record_description(request)
            if request.get("virtual_rasters"):
                answer_products(request)
            else:
                answer_description(request)
        elif request["type"] == "end" and MODE != "deaf":
            os._exit(0)


main()
