"""What the engine would make of a raster, asked without making anyone wait."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from qgis.PyQt.QtCore import QObject, pyqtSignal

from cloudmamba_qgis.engine_client.asking import Question
from cloudmamba_qgis.engine_client.environment import engine_environment
from cloudmamba_qgis.engine_client.locate import Engine
from cloudmamba_qgis.engine_client.qgis_environment import qgis_roots
from cloudmamba_qgis.translation import tr

# Exit status of the engine where it can say what is wrong with the raster.
_BAD_INPUT = 3
_ROLES = ("blue", "green", "red", "nir")


@dataclass(frozen=True)
class Guess:
    """Bands as the engine takes them, empty where it has no idea, and a sentence or two."""

    bands: str
    words: str
    is_unsure: bool


class GuessQuestion(QObject):
    """Asks the engine how it would read a raster.

    Signals:
        answered: the source and its ``Guess``.
    """

    answered = pyqtSignal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._question: Question | None = None

    def ask(self, engine: Engine, source: str) -> None:
        """Start the engine for this one answer; that to an earlier question does not come."""
        self.stop()
        variables = engine_environment(os.environ, qgis_roots())
        # The engine is started as a worker otherwise, which is its last argument.
        arguments = [*engine.arguments[:-1], "describe", "--json", source]
        self._question = Question(engine.program, arguments, variables, self, (0, _BAD_INPUT))
        self._question.answered.connect(lambda answer: self._take(source, answer))
        self._question.ask()

    def stop(self) -> None:
        """Give up."""
        if self._question is not None:
            self._question.stop()
            self._question.deleteLater()
            self._question = None

    def _take(self, source: str, answer: str) -> None:
        self.stop()
        self.answered.emit(source, read_guess(answer))


def read_guess(answer: str) -> Guess:
    """From what ``cloudmamba describe --json`` prints; anything else is no idea."""
    try:
        facts = json.loads(answer)
        bands, radiometry, problem = facts["bands"], facts["radiometry"], facts["problem"]
    except (ValueError, KeyError, TypeError):
        return Guess("", tr("The engine could not say which band is which."), True)
    sentences, numbers = [], ""
    if bands:
        numbers = ",".join(str(bands[role]) for role in _ROLES if bands[role])
        sentences.append(_sentence(tr("Bands"), bands))
    if radiometry:
        sentences.append(_sentence(tr("Numbers"), radiometry))
    if problem:
        sentences.append(problem)
    parts = [part for part in (bands, radiometry) if part]
    is_unsure = bool(problem) or any(part["confidence"] == "unsure" for part in parts)
    return Guess(numbers, "\n".join(sentences), is_unsure)


def _sentence(title: str, guess: dict) -> str:
    confidences = {"certain": tr("certain"), "likely": tr("likely"), "unsure": tr("guessed")}
    sure = confidences.get(guess["confidence"], guess["confidence"])
    return f"{title}: {sure} – {guess['reason']}"
