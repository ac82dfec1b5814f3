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

"""Find the place that a message of tosca-parser is about.

tosca-parser names what it means in double quotes, like `Property "x" of
template "VDU1"`, and no lines. The place is the deepest key that is named,
below another that is named too where there are several.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Iterator
import re
from typing import Any

from nham.core import descriptor
from nham.descriptor import document

_QUOTED = re.compile(r'"([^"\n]{1,200})"')
#: What tosca-parser adds to messages; of no use to the author of a file.
_NOISE = re.compile(r"\s*Refer to the definition to verify valid values\.?")


def place(
    message: str, documents: Iterable[document.Document], entry: str
) -> descriptor.Problem:
    """Return the problem that a message of tosca-parser is."""
    text = " ".join(_NOISE.sub("", message).split())
    text = text.replace('"[', "[").replace(']"', "]")
    names = set(_QUOTED.findall(text))
    best: tuple[int, int] = (0, 0)
    found: tuple[document.Document, document.Path] | None = None
    first: document.Document | None = None
    for doc in documents:
        if doc.name == entry:
            first = doc
        for path in _paths(doc.data, ()):
            score = sum(1 for part in path if part in names)
            # Among equals the shortest path: the place itself and not
            # what is below it.
            if (score, -len(path)) > best or (found is None and score):
                best = (score, -len(path))
                found = doc, path
    if found is not None:
        doc, path = found
        return doc.problem(path, _field(path), text)
    assert first is not None
    return first.problem((), "template", text)


def _paths(data: Any, path: document.Path) -> Iterator[document.Path]:
    """Yield every path of a template, types aside.

    Types are left out because their files are not the author's and hold
    the same names as the templates.
    """
    if isinstance(data, dict):
        for key, value in data.items():
            if not path and str(key).endswith("_types"):
                continue
            here = (*path, str(key))
            yield here
            yield from _paths(value, here)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            here = (*path, index)
            if isinstance(value, str):
                yield (*here, value)
            yield from _paths(value, here)


def _field(path: document.Path) -> str:
    """Return a path as a field, without the sections above the node."""
    parts = [str(part) for part in path if not isinstance(part, int)]
    if parts[:1] == ["topology_template"] and len(parts) > 2:
        parts = parts[2:]
    return ".".join(parts)
