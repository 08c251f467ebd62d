"""What an engine writes, taken apart: its answers, and all else that it printed. Pure Python.

Nothing of it is believed: the program may be another one, of another version, or broken.
"""

from __future__ import annotations

from collections import deque

from cloudmamba_qgis.engine_client.protocol import (
    LONGEST_ANSWER_BYTES,
    TOO_LONG,
    Answer,
    Failure,
    decode_answer,
)

KEPT_OUTPUT_BYTES = 4000


class AnswerStream:
    """Collects answers as their bytes arrive, in whatever pieces.

    Memory is bounded, and every byte is looked at once. A line that is too long may have been an
    answer that somebody waits for: in its place comes a failure, as soon as it is too long.

    Attributes:
        answers: those that nobody has taken yet.
    """

    def __init__(self) -> None:
        self.answers: deque[Answer] = deque()
        self._line = bytearray()
        self._is_too_long = False
        self._printed = bytearray()

    def feed(self, written: bytes) -> None:
        """Take what came on standard output."""
        *ends, beginning = written.split(b"\n")
        for end in ends:
            self._add(end)
            self._finish_line()
        self._add(beginning)

    def print(self, printed: bytes) -> None:
        """Keep what came on standard error, or is no answer; of all of it the last."""
        self._printed += printed[-KEPT_OUTPUT_BYTES:]
        del self._printed[:-KEPT_OUTPUT_BYTES]

    def forget_printed(self) -> None:
        """What was printed so far belongs to an earlier request."""
        self._printed.clear()

    @property
    def printed(self) -> str:
        """The last of what was printed."""
        return self._printed.decode(errors="replace").strip()

    def _add(self, piece: bytes) -> None:
        room = LONGEST_ANSWER_BYTES - len(self._line)
        self._line += piece[:room]
        if len(piece) > room and not self._is_too_long:
            self._is_too_long = True
            words = f"A line of the engine has more than {LONGEST_ANSWER_BYTES} bytes."
            self.answers.append(Failure(None, TOO_LONG, words))

    def _finish_line(self) -> None:
        line, self._line = bytes(self._line), bytearray()
        is_too_long, self._is_too_long = self._is_too_long, False
        if is_too_long:
            return
        try:
            self.answers.append(decode_answer(line))
        except ValueError:  # not for us: keep it with the rest of what was printed
            self.print(line[:KEPT_OUTPUT_BYTES] + b"\n")
