"""The files of a folder or an archive: their names, small ones read, large ones named to GDAL."""

from __future__ import annotations

import contextlib
import ntpath
import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from cloudmamba.errors import InputError

ARCHIVE_SUFFIXES = (
    ".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz",
)  # fmt: skip
# Metadata beyond this is no metadata; the largest of Sentinel-2 have 2 MB.
_LARGEST_TEXT_BYTES = 32 << 20
_TEXT_SUFFIXES = (".xml", ".txt", ".json", ".safe", ".met")
_KEPT_TEXT_BYTES = 64 << 20
_MOST_FILES = 20_000


class Contents:
    """Files below a folder.

    Attributes:
        path: the folder or archive.
        names: relative to it, with ``/``, sorted.
    """

    def __init__(self, path: Path, names: Iterable[str]):
        self.path = path
        self.names = tuple(sorted(names))

    @cached_property
    def _by_folder(self) -> dict[str, list[str]]:
        folders: dict[str, list[str]] = {}
        for name in self.names:
            folders.setdefault(PurePosixPath(name).parent.as_posix(), []).append(name)
        return folders

    def in_folder(self, folder: str) -> Sequence[str]:
        """Names in a folder itself, ``.`` for the first one."""
        return self._by_folder.get(folder, [])

    def source(self, name: str) -> str:
        """The name under which GDAL opens a file."""
        return os.fspath(self.path / name)

    def read(self, name: str) -> bytes:
        """All of a small file. Raises InputError."""
        try:
            with self._open(name) as file:
                content = file.read(_LARGEST_TEXT_BYTES + 1)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
            raise InputError(
                f"'{name}' in '{self.path}' cannot be read: the file is damaged or incomplete."
            ) from error
        if len(content) > _LARGEST_TEXT_BYTES:
            raise InputError(f"'{name}' in '{self.path}' is too large for a metadata file.")
        return content

    def prepare(self, names: Iterable[str]) -> None:
        """Make sure that GDAL can open these. Raises InputError."""

    def named(self, *suffixes: str) -> Iterator[str]:
        """Names that end in one of these, whatever the case."""
        return (name for name in self.names if name.lower().endswith(suffixes))

    def _open(self, name: str):
        return (self.path / name).open("rb")


class _Zip(Contents):
    def __init__(self, path: Path):
        with self._opened(path) as archive:
            super().__init__(path, (i.filename for i in archive.infolist() if not i.is_dir()))

    def source(self, name: str) -> str:
        return f"/vsizip/{self.path.absolute().as_posix()}/{name}"

    @contextlib.contextmanager
    def _open(self, name: str):
        with self._opened(self.path) as archive, archive.open(name) as file:
            yield file

    @staticmethod
    def _opened(path: Path) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile) as error:
            raise _damaged(path) from error


class _Tar(Contents):
    """One that GDAL reads in place."""

    def source(self, name: str) -> str:
        # "tar -cf x.tar ." names them with "./", which GDAL leaves out.
        return f"/vsitar/{self.path.absolute().as_posix()}/{name.removeprefix('./')}"

    @contextlib.contextmanager
    def _open(self, name: str):
        with tarfile.open(self.path, "r:") as archive:
            yield archive.extractfile(name)


class _UnpackedTar(Contents):
    """One that must be unpacked.

    In a compressed stream GDAL would start anew for every block, and of names in the PAX format it
    knows nothing. Metadata is kept while the names are listed, images go to a temporary folder once it is known
    which are wanted.
    """

    def __init__(self, path: Path, folder: Path):
        self._folder = folder
        # What is not wanted of a file without compression is skipped, a stream read to its end.
        self._mode: Literal["r:", "r|*"] = "r:" if _is_without_compression(path) else "r|*"
        self._bytes: dict[str, int] = {}
        self._texts: dict[str, bytes] = {}
        room = _KEPT_TEXT_BYTES
        with _reading(path), tarfile.open(path, self._mode) as archive:
            for member in archive:
                if not member.isfile() or not _is_plain(PurePosixPath(member.name).name):
                    continue
                self._bytes[member.name] = member.size
                is_text = member.name.lower().endswith(_TEXT_SUFFIXES)
                if is_text and member.size <= min(room, _LARGEST_TEXT_BYTES):
                    self._texts[member.name] = _opened(archive, member).read()
                    room -= member.size
                if len(self._bytes) > _MOST_FILES:
                    raise _too_many(path)
        super().__init__(path, self._bytes)
        # Folders of our own names: what an archive calls its files decides over no path. Files of
        # one folder stay together, because GDAL looks for sidecars beside an image.
        parents = {PurePosixPath(name).parent: None for name in self.names}
        numbers = {parent: str(number) for number, parent in enumerate(parents)}
        self._places = {
            name: folder / numbers[PurePosixPath(name).parent] / PurePosixPath(name).name
            for name in self.names
        }

    def source(self, name: str) -> str:
        return os.fspath(self._places[name])

    def read(self, name: str) -> bytes:
        if name not in self._texts:
            raise InputError(f"'{name}' in '{self.path}' is too large for a metadata file.")
        return self._texts[name]

    def prepare(self, names: Iterable[str]) -> None:
        wanted = {name for name in names if not self._places[name].exists()}
        needed = sum(self._bytes[name] for name in wanted)
        free = shutil.disk_usage(self._folder).free
        if needed > free:
            raise InputError(
                f"To unpack '{self.path}' takes {needed / 1e9:.1f} GB and the temporary folder "
                f"'{self._folder.parent}' has {free / 1e9:.1f} GB left: make room, set TMPDIR to "
                "another folder, or unpack it yourself."
            )
        with _reading(self.path), tarfile.open(self.path, self._mode) as archive:
            for member in archive:
                if member.name not in wanted or not member.isfile():
                    continue
                place = self._places[member.name]
                place.parent.mkdir(exist_ok=True)
                with place.open("wb") as file:
                    shutil.copyfileobj(_opened(archive, member), file, 1 << 20)


def _is_plain(name: str) -> bool:
    """Whether a name stays in its folder, on Windows too, where more than ``/`` leads out of it."""
    return name not in ("", ".", "..") and ntpath.basename(name) == name


@contextlib.contextmanager
def open_contents(path: Path, recursive: bool = True) -> Iterator[Contents]:
    """The contents of a folder or an archive; what had to be unpacked is removed at the end.

    Args:
        recursive: look into the folders of a folder.

    Raises:
        InputError: it cannot be read, or has too many files for a product.
    """
    if path.is_dir():
        yield Contents(path, _names_below(path, recursive))
    elif path.name.lower().endswith(".zip"):
        yield _Zip(path)
    elif (names := _names_in_place(path)) is not None:
        yield _Tar(path, names)
    else:
        with tempfile.TemporaryDirectory(prefix="cloudmamba-") as folder:
            yield _UnpackedTar(path, Path(folder))


def is_archive(path: Path) -> bool:
    """Whether a file's name is that of an archive that can be read."""
    return path.name.lower().endswith(ARCHIVE_SUFFIXES)


def without_archive_suffix(name: str) -> str:
    """The name without ``.zip``, ``.tar.gz`` and so on."""
    suffix = max((s for s in ARCHIVE_SUFFIXES if name.lower().endswith(s)), key=len, default="")
    return name[: len(name) - len(suffix)]


def _names_below(folder: Path, recursive: bool) -> Iterator[str]:
    count = 0
    try:
        for parent, folders, names in os.walk(folder):
            folders[:] = sorted(folders) if recursive else []
            relative = Path(parent).relative_to(folder)
            for name in names:
                count += 1
                # What lies beside a file that was given may be a whole archive.
                if recursive and count > _MOST_FILES:
                    raise _too_many(folder)
                # Not pipes and devices, which may be read for ever.
                if os.path.isfile(os.path.join(parent, name)):
                    yield (relative / name).as_posix()
    except OSError as error:
        raise InputError(f"The folder '{folder}' cannot be read: {error.strerror}.") from error


def _names_in_place(path: Path) -> list[str] | None:
    """Names of the files of a tar that GDAL reads in place; None where it must be unpacked."""
    if not _is_without_compression(path):
        return None
    members = list(_members(path))
    # Many programs write long names, and such with umlauts, in the PAX format.
    is_in_place = not any("path" in member.pax_headers for member in members)
    return [member.name for member in members] if is_in_place else None


def _is_without_compression(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            # A name ending in .tar may hold a compressed stream.
            return file.read(2) not in (b"\x1f\x8b", b"BZ", b"\xfd7")
    except OSError as error:
        raise InputError(f"'{path}' cannot be read: {error.strerror}.") from error


def _members(path: Path) -> Iterator[tarfile.TarInfo]:
    with _reading(path), tarfile.open(path, "r:") as archive:
        for number, member in enumerate(archive):
            if number > _MOST_FILES:
                raise _too_many(path)
            if member.isfile():
                yield member


def _opened(archive: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    """The content of a member that is a file."""
    content = archive.extractfile(member)
    if content is None:
        raise InputError(f"'{member.name}' is no file.")
    return content


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise _damaged(path) from error
    except OSError as error:
        if error.errno is None:
            # What gzip says of broken streams.
            raise _damaged(path) from error
        raise InputError(f"'{path}' cannot be unpacked: {error.strerror}.") from error


def _damaged(path: Path) -> InputError:
    return InputError(f"'{path}' cannot be read: the archive is damaged or incomplete.")


def _too_many(path: Path) -> InputError:
    return InputError(
        f"'{path}' holds more than {_MOST_FILES} files: give the folder of one product, or the "
        "folder of many to 'cloudmamba batch'."
    )
