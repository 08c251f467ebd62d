"""Detection: tiles, blending, no data, devices and the pipeline from raster to mask."""

from cloudmamba.detection.in_memory import Prediction
from cloudmamba.detection.pipeline import detect
from cloudmamba.detection.request import DetectionRequest, Progress, Summary

__all__ = [
    "DetectionRequest",
    "Prediction",
    "Progress",
    "Summary",
    "detect",
]
