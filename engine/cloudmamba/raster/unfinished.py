"""What a run has under way in a folder, so that the next run can end what a killed one left.

A run has a token. In every folder that it writes to it holds a lock on a file of its own, all its
other files there have the token in their names, and the lock falls with the process, however that
ends. Before the finished results get their names, a journal is written beside them: who finds it
without its run goes on where that was. So of several results either all are the new ones or all
the old ones, whenever the run was killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from cloudmamba.atomic_files import write_bytes

_LOCK = ".cloudmamba.{token}.part.lock"
_JOURNAL = ".cloudmamba.{token}.part.json"
_COMMITTING = ".cloudmamba.part.lock"
_TOKEN = re.compile(r"\.cloudmamba\.([0-9a-f]{12})\.part\.lock")
# Results are renamed within milliseconds; so long is waited for another run that does that.
_COMMIT_SECONDS = 60.0
# So long is waited for a run that takes ours for a dead one, and so often it is tried anew.
_ENTER_SECONDS, _TRIES_TO_ENTER = 10.0, 10
# Of the name that most file systems allow, 255 bytes, this is left for token and endings.
_LONGEST_NAME_BYTES = 200

FORWARD, BACK = "forward", "back"


@dataclass(frozen=True)
class Move:
    """One change of a folder: plain names of files in it.

    Attributes:
        source: of the finished file; None where the target is only to go.
        target: what the file is to be called.
        backup: second name of the file that was there before; None if there was none.
    """

    source: str | None
    target: str
    backup: str | None


@dataclass(frozen=True)
class Journal:
    """What a run is about to do in one folder.

    Attributes:
        direction: ``FORWARD`` or ``BACK``; that of the deciding journal counts.
        decided_by: the journal of the first folder: as long as that is there, the moves may not
            be done yet; before it is there, none is.
        folders: all that have a journal of this run.
        moves: in this folder.
    """

    direction: str
    decided_by: Path
    folders: tuple[str, ...]
    moves: tuple[Move, ...]


class Run:
    """The files of one run beside its results. Use it from one thread, and ``end`` it."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(6)
        self._locks: dict[Path, FileLock] = {}

    def enter(self, folder: Path) -> None:
        """Show in a folder that this run is at work there; what killed runs left there is ended.

        Raises OSError where the folder cannot be written.
        """
        if folder in self._locks:
            return
        recover(folder)
        path = folder / _LOCK.format(token=self._token)
        for _ in range(_TRIES_TO_ENTER):
            lock = _lock(path)
            try:
                lock.acquire(timeout=_ENTER_SECONDS)
            except NotImplementedError:  # no locks on this file system: nothing is recovered there
                return
            # Another run that recovers the folder may have met the new file before it was locked,
            # and have taken it away as that of a dead run.
            if path.exists():
                self._locks[folder] = lock
                return
            lock.release()
        raise OSError(f"other runs have been taking away the lock in {folder}")

    def name(self, target: Path, ending: str) -> Path:
        """The name of a file of this run that belongs to ``target``."""
        name = target.name
        if len(os.fsencode(name)) > _LONGEST_NAME_BYTES:
            name = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
        return target.with_name(f".{name}.{self._token}.part{ending}")

    @contextlib.contextmanager
    def committing(self, folders: Iterable[Path]) -> Iterator[None]:
        """Keep other runs from giving results their names in these folders meanwhile.

        Raises OSError.
        """
        with contextlib.ExitStack() as stack:
            for folder in sorted(folders):
                path = folder / _COMMITTING
                try:
                    stack.enter_context(_lock(path).acquire(timeout=_COMMIT_SECONDS))
                except NotImplementedError:
                    continue
                except Timeout as error:
                    raise OSError(f"another run has been renaming in {folder} for long") from error
                # While it is held: who waits for it sees that it is gone and makes a new one.
                stack.callback(path.unlink, missing_ok=True)
            yield

    def decide(self, moves: dict[Path, Sequence[Move]], direction: str = FORWARD) -> None:
        """From now on the moves of these folders will be done, or undone, whatever happens.

        The journal of the first folder decides, and is written last. Raises OSError.
        """
        name = _JOURNAL.format(token=self._token)
        folders = tuple(map(os.fspath, moves))
        decider = next(iter(moves)) / name
        for folder in reversed(moves):
            journal = Journal(direction, decider, folders, tuple(moves[folder]))
            content = asdict(journal) | {"decided_by": os.fspath(decider)}
            write_bytes(folder / name, json.dumps(content).encode())

    def end(self, decided: Iterable[Path] = ()) -> None:
        """Leave the folders; the moves in those that are ``decided`` are done."""
        for folder in decided:
            (folder / _JOURNAL.format(token=self._token)).unlink(missing_ok=True)
        for folder, lock in self._locks.items():
            (folder / _LOCK.format(token=self._token)).unlink(missing_ok=True)
            lock.release()
        self._locks.clear()


def keep_aside(folder: Path, move: Move) -> None:
    """Give the file that is to be replaced its second name. Raises OSError."""
    if move.backup is None:
        return
    try:
        os.link(folder / move.target, folder / move.backup)
    except OSError:
        # File systems without hard links, such as FAT.
        os.rename(folder / move.target, folder / move.backup)


def move_forward(folder: Path, move: Move) -> None:
    """Put the finished file in place, unless that is done. Raises OSError."""
    target = folder / move.target
    if move.source is None:
        target.unlink(missing_ok=True)
    elif (folder / move.source).exists():
        os.replace(folder / move.source, target)


def move_back(folder: Path, move: Move) -> None:
    """Bring back what was there before, unless that is done. Raises OSError."""
    target = folder / move.target
    if move.backup is not None:
        backup = folder / move.backup
        if backup.exists():
            os.replace(backup, target)
            # Where both were still the same file, that left both names.
            backup.unlink(missing_ok=True)
    elif move.source is not None and not (folder / move.source).exists():
        target.unlink(missing_ok=True)


def recover(folder: Path) -> frozenset[str]:
    """End what killed runs left in a folder; returns the tokens of runs that are at work there.

    Results that were on their way to their names arrive, or what was there before comes back;
    temporary files go. Raises OSError.
    """
    living = set()
    for path in folder.glob(_LOCK.replace("{token}", "*")):
        match = _TOKEN.fullmatch(path.name)
        if match is None or not _is_own(path):
            continue
        try:
            with _lock(path).acquire(timeout=0):
                _end_of(folder, match[1])
                path.unlink(missing_ok=True)
        except (Timeout, NotImplementedError):
            living.add(match[1])
    committing = folder / _COMMITTING
    if _is_own(committing):
        with (
            contextlib.suppress(Timeout, NotImplementedError),
            _lock(committing).acquire(timeout=0),
        ):
            committing.unlink(missing_ok=True)
    return frozenset(living)


def remove_partial_files(folder: Path) -> None:
    """Recover, and remove all other temporary files of results that no run is at work on."""
    living = recover(folder)
    for leftover in folder.glob(".*.part*"):
        if not any(token in leftover.name for token in living):
            leftover.unlink(missing_ok=True)


def _lock(path: Path) -> FileLock:
    # Whoever releases it may be another thread than the one that took it.
    return FileLock(path, thread_local=False)


def _end_of(folder: Path, token: str) -> None:
    """Do or undo what a dead run had decided, and remove its files."""
    name = _JOURNAL.format(token=token)
    journal = _read_journal(folder / name, token)
    if journal is not None and (decider := _read_journal(journal.decided_by, token)) is not None:
        # All folders now: once the deciding journal is gone, the others say nothing.
        for path in map(Path, decider.folders):
            part = _read_journal(path / name, token)
            if part is None or part.decided_by != journal.decided_by:
                continue
            if decider.direction == FORWARD:
                for move in part.moves:
                    move_forward(path, move)
            else:
                for move in reversed(part.moves):
                    move_back(path, move)
        journal.decided_by.unlink()
    for leftover in folder.glob(f".*.{token}.part*"):
        if leftover.name != _LOCK.format(token=token):
            leftover.unlink(missing_ok=True)


def _read_journal(path: Path, token: str) -> Journal | None:
    """None if there is no journal that can be believed.

    In a folder that others can write, it could be a stranger's: then it could name any file.
    """
    if path.name != _JOURNAL.format(token=token) or not _is_own(path):
        return None
    try:
        content = json.loads(path.read_bytes())
        journal = Journal(
            content["direction"],
            Path(content["decided_by"]),
            tuple(map(str, content["folders"])),
            tuple(Move(**move) for move in content["moves"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    is_known = journal.direction in (FORWARD, BACK)
    return journal if is_known and all(_is_plain(move, token) for move in journal.moves) else None


def _is_plain(move: Move, token: str) -> bool:
    """Whether a move stays in its folder, and takes only files of its run."""
    own = [name for name in (move.source, move.backup) if name is not None]
    names = [move.target, *own]
    return all(isinstance(name, str) and name == os.path.basename(name) for name in names) and all(
        f".{token}.part" in name for name in own
    )


def _is_own(path: Path) -> bool:
    """Whether it is a plain file of this user."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    is_mine = not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
    return is_mine and stat.S_ISREG(status.st_mode)
