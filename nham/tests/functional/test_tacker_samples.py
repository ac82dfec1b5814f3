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

"""Tacker's own sample packages, each with a resiliency policy added.

Needs Tacker's source distribution, which no package of ours ships:

    pip download --no-deps --no-binary :all: tacker==16.0.0
    tar xf tacker-16.0.0.tar.gz
    NHAM_TACKER_SDIST=$PWD/tacker-16.0.0 stestr --test-path \
        ./nham/tests/functional run test_tacker_samples
"""

import io
import os
import pathlib
from typing import Any
import zipfile

import yaml

from nham.descriptor import files
from nham.descriptor import reader
from nham.tests import base

_SDIST = os.environ.get("NHAM_TACKER_SDIST", "")
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


def _packages() -> list[pathlib.Path]:
    """Return the directories that hold a package with a VDU."""
    found = []
    for folder in _V2:
        root = pathlib.Path(_SDIST, folder)
        for meta in sorted(root.glob("**/TOSCA-Metadata/TOSCA.meta")):
            package = meta.parent.parent
            if any(_templates(_load(package)).values()):
                found.append(package)
    return found


def _load(package: pathlib.Path) -> dict[str, str]:
    """Return a package's files as the pack scripts put them together."""
    sources = {
        path.relative_to(package).as_posix(): path
        for path in package.glob("**/*")
        if path.is_file()
    }
    for path in pathlib.Path(_SDIST, _COMMON).glob("*.yaml"):
        sources.setdefault(f"Definitions/{path.name}", path)
    return {
        name: path.read_text()
        for name, path in sources.items()
        if name.endswith((".yaml", ".meta"))
        and name.startswith(("Definitions/", "TOSCA-Metadata/"))
    }


def _templates(texts: dict[str, str]) -> dict[str, list[str]]:
    """Return the VDUs of each template of a package."""
    found = {}
    for name, text in texts.items():
        if name.startswith("Definitions/"):
            data = yaml.safe_load(text)
            topology = data.get("topology_template") or {}
            nodes = topology.get("node_templates") or {}
            found[name] = [
                key for key, node in nodes.items() if node["type"] == _VDU
            ]
    return found


def _protect(texts: dict[str, str]) -> dict[str, str]:
    """Return the files with a policy for each VDU."""
    texts = dict(texts)
    for name, vdus in _templates(texts).items():
        if not vdus:
            continue
        data = yaml.safe_load(texts[name])
        data["imports"].append(files.TYPES_FILE)
        topology = data["topology_template"]
        topology.setdefault("policies", []).extend(
            {f"{vdu}_resiliency": _policy(vdu)} for vdu in vdus
        )
        texts[name] = yaml.safe_dump(data, sort_keys=False)
    texts[f"Definitions/{files.TYPES_FILE}"] = files.types_text()
    return texts


def _policy(vdu: str) -> dict[str, Any]:
    return {
        "type": "nham.policies.nfv.Resiliency",
        "targets": [vdu],
        "properties": {
            "redundancy": "0R",
            "detection": {"poll_interval": "250 ms"},
            "probes": [{"type": "tcp", "port": 22}],
        },
    }


def _zip(texts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


class TestTackerSamples(base.TestCase):
    """Every sample package of Tacker's v2 API takes a policy."""

    def setUp(self) -> None:
        super().setUp()
        if not _SDIST:
            self.skipTest(
                "NHAM_TACKER_SDIST does not name an unpacked source "
                "distribution of Tacker"
            )

    def test_every_package(self) -> None:
        packages = _packages()
        self.assertGreater(len(packages), 10)
        for package in packages:
            with self.subTest(package=str(package)):
                texts = _load(package)
                found = reader.read(_zip(_protect(texts)))
                wanted = {
                    vdu for vdus in _templates(texts).values() for vdu in vdus
                }
                self.assertIsNotNone(found.vnfd_id)
                self.assertEqual(
                    wanted,
                    {
                        name
                        for flavour in found.flavours
                        for name in flavour.vdus
                    },
                )
                for flavour in found.flavours:
                    self.assertEqual(
                        set(flavour.vdus),
                        {
                            name
                            for policy in flavour.policies
                            for name in policy.targets
                        },
                    )
