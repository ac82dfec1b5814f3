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

"""Rules of this repository that no public linter knows; see HACKING.rst."""

import ast
from collections.abc import Iterator
from pathlib import PurePath
import sys
from typing import ClassVar

Problem = tuple[int, int, str, type["Check"]]

CLOCK_AND_CHANCE_MODULES = frozenset({"random", "secrets", "time"})
CLOCK_AND_CHANCE_NAMES = frozenset(
    {
        "date.today",
        "datetime.now",
        "datetime.today",
        "datetime.utcnow",
        "os.urandom",
        "uuid.uuid1",
        "uuid.uuid4",
    }
)


class Check:
    """One rule: walks a file's syntax tree and yields what breaks it."""

    name: ClassVar[str] = "nham"
    version: ClassVar[str] = "1"
    message: ClassVar[str]

    def __init__(self, tree: ast.AST, filename: str) -> None:
        self.tree = tree
        self.path = PurePath(filename)

    def applies(self) -> bool:
        """Tell whether the rule is about this file at all."""
        return True

    def breaks(self, node: ast.AST) -> bool:
        """Tell whether a node of the tree breaks the rule."""
        raise NotImplementedError

    def run(self) -> Iterator[Problem]:
        """Yield line, column, message and check, as flake8 wants them."""
        if not self.applies():
            return
        for node in ast.walk(self.tree):
            if isinstance(node, ast.stmt | ast.expr) and self.breaks(node):
                yield node.lineno, node.col_offset, self.message, type(self)


class CoreCheck(Check):
    """A rule for nham.core only."""

    def applies(self) -> bool:
        parts = self.path.parts
        if "tests" in parts:
            return False
        return ("nham", "core") in zip(parts, parts[1:], strict=False)


class NoEventlet(Check):
    """N301: nobody imports eventlet."""

    message = "N301 eventlet is not used here: use threads"

    def breaks(self, node: ast.AST) -> bool:
        return any(
            _top(name) == "eventlet" for name in _imported_modules(node)
        )


class PureCoreImports(CoreCheck):
    """N302: nham.core imports the standard library and itself, no more."""

    message = "N302 nham.core imports only the standard library and nham.core"

    def breaks(self, node: ast.AST) -> bool:
        return any(
            not (_is_core(name) or _top(name) in sys.stdlib_module_names)
            for name in _imported_modules(node)
        )


class NoClockInCore(CoreCheck):
    """N303: nham.core is told the time and the dice; it never asks."""

    message = "N303 nham.core takes time and chance as arguments"

    def breaks(self, node: ast.AST) -> bool:
        if any(
            _top(name) in CLOCK_AND_CHANCE_MODULES
            for name in _imported_modules(node)
        ):
            return True
        if not isinstance(node, ast.Attribute):
            return False
        return _last_two(node) in CLOCK_AND_CHANCE_NAMES


def _imported_modules(node: ast.AST) -> list[str]:
    """Return the modules that an import names, as full dotted names.

    ``from nham import core`` may import a module or a name, so it counts as
    ``nham.core``. A relative import keeps its dots and so matches nothing.
    """
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = "." * node.level + (node.module or "")
        return [f"{base}.{alias.name}" for alias in node.names]
    return []


def _top(module: str) -> str:
    return module.partition(".")[0]


def _is_core(module: str) -> bool:
    return module == "nham.core" or module.startswith("nham.core.")


def _last_two(node: ast.Attribute) -> str:
    """Return "b.c" of an expression that ends in ".b.c" or is "b.c"."""
    owner = node.value
    if isinstance(owner, ast.Attribute):
        return f"{owner.attr}.{node.attr}"
    if isinstance(owner, ast.Name):
        return f"{owner.id}.{node.attr}"
    return ""
