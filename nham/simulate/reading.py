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

"""Reads the fields of a file, and collects what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

from nham.core import descriptor
from nham.descriptor import document

Path = document.Path


class Reader:
    """Refuses what is wrong at its place in the file, and goes on.

    :ivar problems: what was refused so far.
    """

    def __init__(self, source: document.Document) -> None:
        self.source = source
        self.problems: list[descriptor.Problem] = []

    def refuse(self, path: Path, rule: str) -> None:
        """Take note that a field breaks a rule."""
        self.problems.append(self.source.problem(path, _field(path), rule))

    def keys(
        self,
        path: Path,
        raw: Any,
        known: Sequence[str],
        required: Sequence[str] = (),
    ) -> bool:
        """Refuse what is unknown or missing; say whether it can be read."""
        if not isinstance(raw, dict):
            self.refuse(path, "must be a map")
            return False
        for key in raw:
            if key not in known:
                self.refuse(
                    (*path, str(key)),
                    f"is unknown; known are {', '.join(known)}",
                )
        missing = [key for key in required if key not in raw]
        for key in missing:
            self.refuse((*path, key), "is required")
        return not missing

    def mapping(self, path: Path, raw: Any) -> dict[str, Any]:
        """Return the map at a path, whose last part is its key in ``raw``."""
        found = raw.get(path[-1], {})
        if isinstance(found, dict):
            return found
        self.refuse(path, "must be a map")
        return {}

    def sequence(self, path: Path, raw: Any) -> list[Any]:
        """Return the list at a path, as `mapping` does."""
        found = raw.get(path[-1], [])
        if isinstance(found, list):
            return found
        self.refuse(path, "must be a list")
        return []

    def value(
        self, path: Path, raw: Any, read: Callable[[Any], Any], default: Any
    ) -> Any:
        """Return the value at a path, the default if it is not given."""
        if path[-1] not in raw:
            return default
        try:
            return read(raw[path[-1]])
        except ValueError as error:
            self.refuse(path, f"{error}, found {raw[path[-1]]!r}")
            return default


def _field(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")
