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

"""The files that a descriptor is made of: the entry and what it imports."""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
import hashlib
import importlib.resources
import posixpath
from typing import Any

from nham.core import descriptor
from nham.descriptor import document
from nham.descriptor import errors
from nham.descriptor import package
from nham.descriptor import paper

TYPES_FILE = paper.TYPES_FILE
_MAX_FILES = 200


def types_text() -> str:
    """Return NHAM's definitions file, for authors of VNF packages."""
    return (
        importlib.resources.files("nham.descriptor")
        .joinpath("data", TYPES_FILE)
        .read_text(encoding="utf-8")
    )


@dataclasses.dataclass
class FileSet:
    """The files of one descriptor, the imported before the importing.

    :ivar entry: the file to begin with.
    :ivar texts: the text of each file by name.
    :ivar problems: what was wrong with files and imports.
    :ivar complete: every file that is imported was there and readable.
    """

    entry: str
    documents: dict[str, document.Document]
    texts: dict[str, str]
    problems: list[descriptor.Problem]
    complete: bool

    @property
    def digest(self) -> str:
        """SHA-256 over the names and texts of all files."""
        digest = hashlib.sha256(self.entry.encode())
        for name in sorted(self.texts):
            for part in (name, self.texts[name]):
                data = part.encode()
                digest.update(b"%d:" % len(data))
                digest.update(data)
        return digest.hexdigest()

    def types(self, section: str) -> dict[str, Any]:
        """Return the types of all files, like those in `node_types`."""
        found: dict[str, Any] = {}
        for doc in self.documents.values():
            found.update(doc.section(section))
        return found


def collect(source: package.Source) -> FileSet:
    """Read the entry of a source and all that it imports.

    :raises DescriptorError: if there is no entry or it cannot be read.
    """
    origin = package.open_source(source)
    collector = _Collector(origin)
    entry = package.find_entry(origin) or collector.guess()
    if collector.visit(entry, ()) is None:
        problems = collector.problems or [
            descriptor.Problem("file", "is missing", origin.show(entry), 1)
        ]
        raise errors.DescriptorError(problems)
    return FileSet(
        entry,
        collector.done,
        collector.texts,
        collector.problems,
        collector.complete,
    )


class _Collector:
    """Walks over imports, depth first."""

    def __init__(self, origin: package.Package) -> None:
        self.origin = origin
        self.done: dict[str, document.Document] = {}
        self.texts: dict[str, str] = {}
        self.problems: list[descriptor.Problem] = []
        self.complete = True
        self._failed: set[str] = set()

    def guess(self) -> str:
        """Return the one template that no other file imports."""
        imported: set[str] = set()
        templates = []
        for name in self.origin.names()[:_MAX_FILES]:
            doc = self.open(name)
            if doc is None:
                continue
            imported.update(
                _join(name, item)
                for item in _import_list(doc)
                if isinstance(item, str)
            )
            if doc.section("topology_template"):
                templates.append(name)
        entries = [name for name in templates if name not in imported]
        self.problems.clear()
        self.complete = True
        self._failed.clear()
        if len(entries) != 1:
            found = ", ".join(entries) or "none"
            raise package.refuse(
                self.origin.label,
                f"needs {package.META} or one template that no other file "
                f"imports, found {found}",
            )
        return entries[0]

    def open(self, name: str) -> document.Document | None:
        """Read one file; None if it is absent or cannot be read."""
        try:
            text = self.origin.read(name)
            if (
                text is None
                and not self.origin.whole
                and (posixpath.basename(name) == TYPES_FILE)
            ):
                text = types_text()
            if text is None:
                return None
            doc, doubles = document.load(
                name, self.origin.show(name), text, paper.join_properties
            )
        except errors.DescriptorError as error:
            self.problems.extend(error.problems)
            self._failed.add(name)
            self.complete = False
            return None
        if doc.section("topology_template"):
            self.problems.extend(doubles)
        self.texts[name] = text
        return doc

    def visit(
        self, name: str, importers: tuple[str, ...]
    ) -> document.Document | None:
        """Read a file after all that it imports."""
        if name in self.done:
            return self.done[name]
        if len(self.texts) > _MAX_FILES:
            raise package.refuse(
                self.origin.label, f"imports more than {_MAX_FILES} files"
            )
        doc = self.open(name)
        if doc is None:
            return None
        if not importers:
            self.problems.extend(paper.normalise(doc))
        for index, item in enumerate(_import_list(doc)):
            self._import(doc, index, item, (*importers, name))
        self.done[name] = doc
        return doc

    def _import(
        self,
        doc: document.Document,
        index: int,
        item: Any,
        importers: tuple[str, ...],
    ) -> None:
        rule = _import_rule(item)
        if rule is None:
            name = _join(doc.name, item)
            if name in importers:
                rule = f"{item} imports this file"
            elif name.startswith("../"):
                rule = f"file {item} leads out of the package"
            elif (
                self.visit(name, importers) is None
                and name not in self._failed
            ):
                rule = f"file {item} is missing"
                if posixpath.basename(name) == TYPES_FILE:
                    rule += (
                        "; `nham descriptor types` prints it, put it into "
                        "the package"
                    )
        if rule is not None:
            self.complete = False
            self.problems.append(
                doc.problem(("imports", index), "imports", rule)
            )


def _import_list(doc: document.Document) -> Iterator[Any]:
    imports = doc.data.get("imports")
    if isinstance(imports, list):
        yield from imports
    elif imports is not None:
        # A map or a text is no list of imports; one wrong entry says so.
        yield imports


def _import_rule(item: Any) -> str | None:
    """Return what is wrong with an entry of `imports`."""
    if not isinstance(item, str) or not item:
        return (
            "must be a list of file names: Tacker cannot give out a VNFD "
            "whose imports have another form"
        )
    if "://" in item:
        return f"{item} must be a file of the package, not an address"
    if item.startswith("/"):
        return f"{item} must be relative to this file"
    return None


def _join(name: str, item: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), item))
