"""Asks the one engine of this QGIS something short, without making the window wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QObject, pyqtSignal

from cloudmamba_qgis.background import LatestOnly
from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.engine_client.process import EngineCancelled, EngineFailed
from cloudmamba_qgis.engine_client.products import ask_for_products
from cloudmamba_qgis.engine_client.session import engine_session


class EngineQuestion(QObject):
    """Of several questions only the last is answered.

    Signals:
        answered: what was asked about, and what the engine says.
        failed: what was asked about, and one sentence; empty where the engine was stopped.
    """

    answered = pyqtSignal(object, object)
    failed = pyqtSignal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self._background = LatestOnly()
        self._background.finished.connect(self._take)
        self._asked: _Asked | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer will come."""
        return self._asked is not None

    def describe(self, engine: Engine, source: str, **how: Any) -> None:
        """Ask how the engine would read an image; ``how`` are fields of the request."""
        parameters = {"path": source, **how}
        self._ask(source, lambda asked: engine_session().describe(engine, parameters, asked))

    def products(self, engine: Engine, path: str, folder: str) -> None:
        """Ask for virtual rasters in ``folder``, as ``ask_for_products`` does."""
        self._ask(path, lambda asked: ask_for_products(engine, path, folder, asked))

    def ready(self, engine: Engine) -> None:
        """Ask which models and devices the engine has."""
        self._ask(engine.program, lambda asked: engine_session().ready(engine, asked))

    def stop(self) -> None:
        """Give up; there will be no answer."""
        if self._asked is not None:
            self._asked.cancelled.set()
            self._asked = None

    def close(self) -> None:
        """Give up for good."""
        self.stop()
        self._background.close()

    def _ask(self, about: Any, work: Callable[[_Asked], Any]) -> None:
        self.stop()
        asked = self._asked = _Asked(about)

        def ask() -> tuple[_Asked, Any, str]:
            try:
                return asked, work(asked), ""
            except EngineCancelled:
                return asked, None, ""  # the answer is not wanted, or QGIS is ending
            except EngineFailed as error:
                return asked, None, str(error)

        self._background.start(ask)

    def _take(self, outcome: tuple[_Asked, Any, str]) -> None:
        asked, answer, failure = outcome
        if asked is not self._asked:
            return
        self._asked = None
        if answer is not None:
            self.answered.emit(asked.about, answer)
        else:
            self.failed.emit(asked.about, failure)


class _Asked:
    """A question on its way, as the engine's listener."""

    def __init__(self, about: Any) -> None:
        self.about = about
        self.cancelled = threading.Event()

    def is_cancelled(self) -> bool:
        return self.cancelled.is_set()

    def progress(self, done: int, total: int, message: str) -> None:
        """Too short to be followed."""

    def log(self, level: str, message: str) -> None:
        """What is worth saying is in the answer."""
