"""A feedback that keeps more of a detection than the outputs of an algorithm can say."""

from __future__ import annotations

from typing import Any

from qgis.core import QgsProcessingFeedback
from qgis.PyQt.QtCore import pyqtSignal


class DetectionFeedback(QgsProcessingFeedback):
    """For callers in Python: what was used, why it failed, and what is going on.

    Attributes:
        summary: the engine's summary once it is done.
        refusal_code: the engine's word for its refusal, such as ``bad-input``; else empty.
        errors: sentences of the failure.
    """

    said = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__(False)
        self.summary: dict[str, Any] | None = None
        self.refusal_code = ""
        self.errors: list[str] = []

    def setProgressText(self, text: str) -> None:
        super().setProgressText(text)
        self.said.emit(text)

    def reportError(self, error: str, fatalError: bool = False) -> None:
        super().reportError(error, fatalError)
        self.errors.append(error)
