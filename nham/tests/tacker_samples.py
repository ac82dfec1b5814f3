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

"""Tacker's own sample packages for its v2 API, with a policy added.

They are in Tacker's source distribution alone, which no package ships:

    pip download --no-deps --no-binary :all: tacker==16.0.0
    tar xf tacker-16.0.0.tar.gz
    export NHAM_TACKER_SDIST=$PWD/tacker-16.0.0
"""

from __future__ import annotations

from collections.abc import Mapping
import io
import os
import pathlib
from typing import Any
import unittest
import zipfile

import yaml

from nham.descriptor import files

#: What Tacker's functional tests upload; its unit tests have packages too,
#: some without their entry file, which nobody ever uploads.
_V2 = (
    "samples/tests/functional/sol_v2_common",
    "samples/tests/functional/sol_kubernetes_v2",
    "samples/tests/functional/sol_terraform_v2",
)
#: Where the pack scripts of Tacker take the SOL001 types from.
_COMMON = "samples/tests/functional/sol_v2_common/common/Definitions"
_VDU = "tosca.nodes.nfv.Vdu.Compute"

Files = dict[str, bytes]


def folder() -> pathlib.Path:
    """Return where Tacker's source distribution lies.

    :raises unittest.SkipTest: nobody has said where.
    """
    named = os.environ.get("NHAM_TACKER_SDIST", "")
    if not named:
        raise unittest.SkipTest(
            "NHAM_TACKER_SDIST does not name an unpacked source "
            "distribution of Tacker"
        )
    return pathlib.Path(named)


def packages() -> list[Files]:
    """Return the files of each package that has a VDU."""
    found = []
    for part in _V2:
        for meta in sorted(folder().glob(f"{part}/**/TOSCA-Metadata/*.meta")):
            package = load(meta.parent.parent)
            if any(vdus_by_file(package).values()):
                found.append(package)
    return found


def package(name: str) -> Files:
    """Return the files of one package of the common samples."""
    return load(folder() / _V2[0] / name / "contents")


def load(where: pathlib.Path) -> Files:
    """Return a package's files as the pack scripts put them together."""
    found = {
        path.relative_to(where).as_posix(): path.read_bytes()
        for path in where.glob("**/*")
        if path.is_file()
    }
    for path in (folder() / _COMMON).glob("*.yaml"):
        found.setdefault(f"Definitions/{path.name}", path.read_bytes())
    return found


def vdus_by_file(contents: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Return the VDUs of each service template of a package."""
    found = {}
    for name, text in contents.items():
        if name.startswith("Definitions/"):
            data = yaml.safe_load(text)
            topology = data.get("topology_template") or {}
            nodes = topology.get("node_templates") or {}
            found[name] = [
                key for key, node in nodes.items() if node["type"] == _VDU
            ]
    return found


def protect(
    contents: Mapping[str, bytes], properties: Mapping[str, Any]
) -> Files:
    """Return the files with a policy of those properties for each VDU."""
    found = dict(contents)
    for name, vdus in vdus_by_file(contents).items():
        if not vdus:
            continue
        data = yaml.safe_load(contents[name])
        data["imports"].append(files.TYPES_FILE)
        data["topology_template"].setdefault("policies", []).extend(
            {
                f"{vdu}_resiliency": {
                    "type": "nham.policies.nfv.Resiliency",
                    "targets": [vdu],
                    "properties": dict(properties),
                }
            }
            for vdu in vdus
        )
        found[name] = yaml.safe_dump(data, sort_keys=False).encode()
    found[f"Definitions/{files.TYPES_FILE}"] = files.types_text().encode()
    return found


def pack(contents: Mapping[str, bytes]) -> bytes:
    """Return the files as a CSAR."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in contents.items():
            archive.writestr(name, text)
    return buffer.getvalue()
