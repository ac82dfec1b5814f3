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

"""Descriptors for the tests of the reader."""

import io
import pathlib
from typing import Any
import zipfile

import yaml

from nham.descriptor import files

FIXTURES = pathlib.Path(__file__).parent / "fixtures"
DF = "Definitions/df_simple.yaml"
TOP = "Definitions/top.vnfd.yaml"
TYPES = f"Definitions/{files.TYPES_FILE}"


def package() -> dict[str, str]:
    """Return the files of a VNF package that is right."""
    root = FIXTURES / "package"
    texts = {
        path.relative_to(root).as_posix(): path.read_text()
        for path in root.glob("*/*")
    }
    texts[TYPES] = files.types_text()
    return texts


def paper() -> str:
    """Return the paper's example as printed."""
    return (FIXTURES / "paper.yaml").read_text()


def zipped(texts: dict[str, str]) -> bytes:
    """Return the files as a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def unpack(texts: dict[str, str], root: pathlib.Path) -> None:
    """Write the files into a directory."""
    for name, text in texts.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def edited(old: str, new: str, name: str = DF) -> bytes:
    """Return the package with one text replaced in one file."""
    texts = package()
    if old not in texts[name]:
        raise ValueError(f"{name} has no {old!r}")
    texts[name] = texts[name].replace(old, new)
    return zipped(texts)


def line_of(text: str, name: str = DF) -> int:
    """Return the line of a file's first place that holds a text."""
    lines = package()[name].splitlines()
    return next(n for n, line in enumerate(lines, 1) if text in line)


def plain(*policies: dict[str, Any]) -> bytes:
    """Return a descriptor by hand with some policies."""
    data = yaml.safe_load((FIXTURES / "plain.yaml").read_text())
    data["topology_template"]["policies"] = list(policies)
    return yaml.safe_dump(data, sort_keys=False).encode()
