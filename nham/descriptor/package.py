# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""Where the files of a descriptor come from: a file, a directory, a CSAR.

Nothing is unpacked to disk: files are read one by one, when the descriptor
asks for them, so a package may hold images of any size. Sources: ETSI GS
NFV-SOL 004 section 4 (the two CSAR layouts), TOSCA Simple Profile 1.2
section 6 (TOSCA.meta).
"""

from __future__ import annotations

import abc
import io
import os
import pathlib
import posixpath
import threading
import zipfile
import zlib

from nham.core import descriptor
from nham.descriptor import errors

META = "TOSCA-Metadata/TOSCA.meta"
#: SOL001's own files are about 70 kB.
_MAX_FILE = 2 * 1024 * 1024
_MAX_ENTRIES = 20000
_YAML = (".yaml", ".yml")

Source = str | os.PathLike[str] | bytes


def refuse(
    file: str, rule: str, field: str = "file"
) -> errors.DescriptorError:
    """Return an error about a file as a whole."""
    return errors.DescriptorError([descriptor.Problem(field, rule, file, 1)])


class Package(abc.ABC):
    """Files by name, names relative to the top with `/` between parts.

    :ivar label: what to write before a file name for the reader's eye.
    :ivar entry: the file to begin with if the source names one.
    :ivar whole: every file must be in here; False for a file by itself,
        for which NHAM's own definitions are at hand.
    """

    whole = True

    def __init__(self, label: str, entry: str | None = None) -> None:
        self.label = label
        self.entry = entry

    @abc.abstractmethod
    def names(self) -> list[str]:
        """Return the names of the YAML files and of TOSCA.meta."""

    @abc.abstractmethod
    def _bytes(self, name: str) -> bytes | None:
        """Return at most `_MAX_FILE` + 1 bytes of a file, None if absent."""

    def read(self, name: str) -> str | None:
        """Return a file's text, None if it is not in the package.

        :raises DescriptorError: if it is too long or not UTF-8.
        """
        data = self._bytes(name)
        if data is None:
            return None
        if len(data) > _MAX_FILE:
            raise refuse(self.show(name), f"is longer than {_MAX_FILE} bytes")
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data[: error.start].count(b"\n") + 1
            raise errors.DescriptorError(
                [
                    descriptor.Problem(
                        "file", "is not UTF-8 text", self.show(name), line
                    )
                ]
            ) from None

    def show(self, name: str) -> str:
        """Return a file's name as the operator knows it."""
        return posixpath.join(self.label, name)


class _Single(Package):
    """One file that came as bytes."""

    whole = False

    def __init__(self, data: bytes) -> None:
        super().__init__("", "descriptor.yaml")
        self._data = data

    def names(self) -> list[str]:
        return ["descriptor.yaml"]

    def _bytes(self, name: str) -> bytes | None:
        return self._data if name == "descriptor.yaml" else None


class _Directory(Package):
    """A directory, or one file with those beside it."""

    def __init__(
        self, root: pathlib.Path, label: str, entry: str | None = None
    ) -> None:
        super().__init__(label, entry)
        self._root = root.resolve()
        # A file that lies in a package must stand with what the package has.
        self.whole = entry is None or (
            self._root.parent.joinpath(META).is_file()
        )

    def names(self) -> list[str]:
        found = []
        for folder, _, files in os.walk(self._root):
            for file in files:
                path = pathlib.Path(folder, file).relative_to(self._root)
                name = path.as_posix()
                if name.endswith(_YAML) or name == META:
                    found.append(name)
                if len(found) > _MAX_ENTRIES:
                    raise refuse(
                        self.label, f"has more than {_MAX_ENTRIES} files"
                    )
        return sorted(found)

    def _bytes(self, name: str) -> bytes | None:
        path = self._root.joinpath(name).resolve()
        if not path.is_relative_to(self._root):
            raise refuse(self.show(name), "leads out of the package")
        try:
            with path.open("rb") as stream:
                return stream.read(_MAX_FILE + 1)
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None
        except OSError as error:
            raise errors.NotReadableError(
                [descriptor.Problem("", str(error.strerror), self.show(name))]
            ) from None


class _Zip(Package):
    """A CSAR, or the zip that Tacker answers for GET .../vnfd."""

    def __init__(self, data: bytes | pathlib.Path, label: str) -> None:
        super().__init__(label)
        label = label or "descriptor.zip"
        # A ZipFile has one file position for all its readers.
        self._lock = threading.Lock()
        try:
            self._zip = zipfile.ZipFile(
                io.BytesIO(data) if isinstance(data, bytes) else data
            )
        except (zipfile.BadZipFile, ValueError, OSError) as error:
            raise refuse(label, f"is not a zip file: {error}") from None
        self._members: dict[str, zipfile.ZipInfo] = {}
        if len(self._zip.infolist()) > _MAX_ENTRIES:
            raise refuse(label, f"has more than {_MAX_ENTRIES} files")
        for info in self._zip.infolist():
            self._add(info, label)

    def _add(self, info: zipfile.ZipInfo, label: str) -> None:
        name = info.filename
        parts = name.replace("\\", "/").split("/")
        if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise refuse(label, f"{name!r} leads out of the package")
        if name in self._members:
            raise refuse(label, f"has {name!r} twice")
        if not info.is_dir():
            self._members[name] = info

    def names(self) -> list[str]:
        return sorted(
            name
            for name in self._members
            if name.endswith(_YAML) or name == META
        )

    def _bytes(self, name: str) -> bytes | None:
        info = self._members.get(name)
        if info is None:
            return None
        try:
            with self._lock, self._zip.open(info) as stream:
                return stream.read(_MAX_FILE + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            RuntimeError,
            NotImplementedError,
            ValueError,
        ) as error:
            raise refuse(
                self.show(name), f"cannot be unpacked: {error}"
            ) from None


def open_source(source: Source) -> Package:
    """Return the package behind a path or behind the bytes of a file.

    :raises NotReadableError: if the path is not there or not readable.
    :raises DescriptorError: if it is a zip that NHAM does not open.
    """
    if isinstance(source, bytes):
        if source.startswith(b"PK"):
            return _Zip(source, "")
        return _Single(source)
    path = pathlib.Path(source)
    label = str(source)
    try:
        if path.is_dir():
            return _Directory(path, label)
        with path.open("rb") as stream:
            magic = stream.read(2)
    except (OSError, ValueError) as error:
        text = getattr(error, "strerror", None) or str(error)
        raise errors.NotReadableError(
            [descriptor.Problem("", text, label)]
        ) from None
    if magic == b"PK":
        return _Zip(path, label)
    return _Directory(path.parent, os.path.dirname(label), path.name)


def find_entry(package: Package) -> str | None:
    """Return the file that TOSCA.meta or the layout names as the entry.

    None if several YAML files could be it and only their content can tell.
    """
    if package.entry is not None:
        return package.entry
    meta = package.read(META)
    if meta is not None:
        return _meta_entry(package, meta)
    names = [name for name in package.names() if "/" not in name]
    return names[0] if len(names) == 1 else None


def _meta_entry(package: Package, meta: str) -> str:
    label = package.show(META)
    for number, line in enumerate(meta.splitlines(), 1):
        key, colon, value = line.partition(":")
        if colon and key.strip() == "Entry-Definitions":
            name = posixpath.normpath(value.strip())
            if package.read(name) is not None:
                return name
            raise errors.DescriptorError(
                [
                    descriptor.Problem(
                        "Entry-Definitions",
                        f"file {value.strip()} is missing",
                        label,
                        number,
                    )
                ]
            )
    raise refuse(label, "has no Entry-Definitions")
