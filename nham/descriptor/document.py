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

"""One YAML file: its data, and the line of each place in it."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
import dataclasses
from typing import Any

import yaml

from nham.core import descriptor
from nham.descriptor import errors

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: Nodes of one file once its aliases are written out; SOL001's largest file
#: has about 7,000. Stops the bomb of nested aliases.
_MAX_NODES = 200000
_MAX_DEPTH = 60

Path = tuple[str | int, ...]


class _Unsafe(Exception):
    """A file must not be made data."""


@dataclasses.dataclass
class Document:
    """A file of the descriptor.

    :ivar name: name within the package.
    :ivar label: name as the operator knows it.
    :ivar data: what the YAML means.
    :ivar node: the YAML nodes, which know their lines.
    :ivar moved: places of `data` that a normaliser made, and the place in
        the file that they were made from; both by path.
    """

    name: str
    label: str
    data: dict[Any, Any]
    node: yaml.MappingNode
    moved: dict[Path, Path] = dataclasses.field(default_factory=dict)

    def line(self, path: Path) -> int:
        """Return the line of a path, or of the last part that is there."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.moved:
                path = self.moved[path[:length]] + path[length:]
                break
        node: yaml.Node = self.node
        line = node.start_mark.line
        for part in path:
            step = _child(node, part)
            if step is None:
                break
            line, node = step
        return int(line) + 1

    def problem(self, path: Path, field: str, rule: str) -> descriptor.Problem:
        """Return a problem at a path of this file."""
        return descriptor.Problem(field, rule, self.label, self.line(path))

    def section(self, *keys: str) -> dict[Any, Any]:
        """Return a map within the data, an empty one if there is none."""
        data: Any = self.data
        for key in keys:
            data = data.get(key) if isinstance(data, dict) else None
        return data if isinstance(data, dict) else {}


def load(
    name: str,
    label: str,
    text: str,
    prepare: Callable[[yaml.Node | None], None],
) -> tuple[Document, list[descriptor.Problem]]:
    """Read a file; with it come the keys that it has twice.

    :param prepare: may change the nodes before they become data.
    :raises DescriptorError: if it is no YAML map or would blow up.
    """
    try:
        if _depth(text) > _MAX_DEPTH:
            raise _Unsafe(f"is nested deeper than {_MAX_DEPTH} levels")
        node, doubles, data = _build(text, prepare)
    except _Unsafe as error:
        raise _refuse(label, str(error)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or "not readable"
        raise _refuse(
            label, f"is not YAML: {what}", mark.line + 1 if mark else 1
        ) from None
    except (ValueError, OverflowError, TypeError, RecursionError) as error:
        # PyYAML lets a date like 2024-99-99 or an endless number through
        # to the constructors of Python.
        raise _refuse(label, f"is not YAML: {str(error)[:120]}") from None
    if not isinstance(data, dict):
        raise _refuse(label, "must be a map, as every TOSCA file is")
    return Document(name, label, data, node), [
        descriptor.Problem(key, "is there twice", label, line)
        for key, line in doubles
    ]


def _build(
    text: str, prepare: Callable[[yaml.Node | None], None]
) -> tuple[yaml.MappingNode, list[tuple[str, int]], Any]:
    """Return the nodes of a text, its double keys and its data."""
    loader = _LOADER(text)
    try:
        node = loader.get_single_node()
        if node is None:
            raise _Unsafe("is empty")
        _guard(node)
        prepare(node)
        return node, list(_doubles(node)), loader.construct_document(node)
    finally:
        loader.dispose()


def _refuse(label: str, rule: str, line: int = 1) -> errors.DescriptorError:
    return errors.DescriptorError(
        [descriptor.Problem("file", rule, label, line)]
    )


def _child(node: yaml.Node, part: str | int) -> tuple[int, yaml.Node] | None:
    """Return the line and the node of a key or an index."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line, value
    elif (
        isinstance(node, yaml.SequenceNode)
        and isinstance(part, int)
        and part < len(node.value)
    ):
        value = node.value[part]
        return value.start_mark.line, value
    return None


def _depth(text: str) -> int:
    """Return the depth of the nesting.

    Found from the events, before nodes are made of them: that recurses in
    C, where too deep a file ends the process and not in an exception.
    """
    depth = deepest = 0
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            deepest = max(deepest, depth)
            if deepest > _MAX_DEPTH:
                break
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return deepest


def _guard(node: yaml.Node) -> None:
    """Refuse nodes that would blow up once they are made data."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(item: yaml.Node, depth: int) -> int:
        if id(item) in sizes:
            return sizes[id(item)]
        if id(item) in open_nodes:
            raise _Unsafe("an alias must not contain itself")
        if depth > _MAX_DEPTH:
            raise _Unsafe(f"is nested deeper than {_MAX_DEPTH} levels")
        open_nodes.add(id(item))
        total = 1 + sum(size(child, depth + 1) for child in _below(item))
        open_nodes.discard(id(item))
        if total > _MAX_NODES:
            raise _Unsafe(f"has more than {_MAX_NODES} values")
        sizes[id(item)] = total
        return total

    size(node, 0)


def _below(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _doubles(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Yield keys that a map has twice; YAML would drop the first."""
    stack = [] if node is None else [node]
    seen: set[int] = set()
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        stack.extend(_below(item))
        if not isinstance(item, yaml.MappingNode):
            continue
        keys: set[str] = set()
        for key, _ in item.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in keys and key.value != "<<":
                    yield key.value, key.start_mark.line + 1
                keys.add(key.value)
