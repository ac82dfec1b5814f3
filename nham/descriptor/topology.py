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

"""What a descriptor's topology templates hold: VDUs, targets, policies.

Sources: ETSI GS NFV-SOL 001 section 6 (Vdu.Compute, its storage and image,
VduInitialDelta), section 6.11 (one template for each deployment flavour,
substituted for the VNF node of the top template).
"""

from __future__ import annotations

from collections.abc import Iterator
import dataclasses
from typing import Any

from nham.core import descriptor
from nham.descriptor import document
from nham.descriptor import files
from nham.descriptor import paper

_VDU = "tosca.nodes.nfv.Vdu.Compute"
#: Types whose nodes a policy may name as a VDU. Tacker knows its own by the
#: exact name, so types derived from it are no VDUs to anyone.
_VDU_TYPES = (_VDU, paper.VNFC_TYPE, "tosca.nodes.Compute")
_VNF = "tosca.nodes.nfv.VNF"
_GROUP = "tosca.groups.nfv.PlacementGroup"
_DELTA = "tosca.policies.nfv.VduInitialDelta"
_POLICY_KEYS = ("type", "targets", "properties", "description", "metadata")


@dataclasses.dataclass(frozen=True)
class VduInfo:
    """A VDU of the descriptor.

    :ivar volume_backed: it boots from a volume: the image is given to a
        block storage that it requires and not to the VDU.
    :ivar image: name of its software image, None if the descriptor has
        none.
    :ivar instances: members at instantiation.
    :ivar data_volumes: block storages that it does not boot from.
    """

    name: str
    volume_backed: bool
    image: str | None
    instances: int
    data_volumes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class RawPolicy:
    """A resiliency policy where it stands in a file."""

    doc: document.Document
    path: document.Path
    data: descriptor.PolicyData


@dataclasses.dataclass(frozen=True)
class Scope:
    """One topology template.

    :ivar flavour: id of the deployment flavour, '' in the top template.
    """

    doc: document.Document
    flavour: str
    targets: dict[str, descriptor.Target]
    vdus: dict[str, VduInfo]
    policies: list[RawPolicy]


class Topology:
    """The scopes of a descriptor and what is wrong with their form."""

    def __init__(self, fileset: files.FileSet) -> None:
        self.problems: list[descriptor.Problem] = []
        # With a file missing, a type that is not known proves nothing.
        self._complete = fileset.complete
        self._node_types = fileset.types("node_types")
        self._policy_types = fileset.types("policy_types")
        self.top = self._scope(fileset.documents[fileset.entry], "")
        wanted = [
            item.type_name
            for item in self.top.targets.values()
            if item.kind == "vnf"
        ]
        self.flavours: list[Scope] = []
        for doc in fileset.documents.values():
            if doc is self.top.doc or not doc.section("topology_template"):
                continue
            mapping = doc.section("topology_template", "substitution_mappings")
            scope = self._scope(doc, _flavour(mapping, doc))
            if mapping.get("node_type") in wanted:
                self.flavours.append(scope)
            else:
                self._unused(scope)

    def views(self) -> Iterator[tuple[str, list[Scope]]]:
        """Yield (flavour, scopes that hold together in it)."""
        for scope in self.flavours:
            yield scope.flavour, [self.top, scope]
        if not self.flavours:
            yield self.top.flavour, [self.top]

    def vnf_property(self, key: str) -> str | None:
        """Return a text property of the VNF node or of its type."""
        nodes = self.top.doc.section("topology_template", "node_templates")
        for name, target in self.top.targets.items():
            if target.kind != "vnf":
                continue
            value = _dig(nodes, name, "properties", key)
            if not isinstance(value, str):
                value = _dig(
                    self._node_types,
                    target.type_name,
                    "properties",
                    key,
                    "default",
                )
            if isinstance(value, str):
                return value
        return None

    def _unused(self, scope: Scope) -> None:
        for policy in scope.policies:
            self.problems.append(
                policy.doc.problem(
                    policy.path,
                    policy.data.name,
                    "stands in a template that is not substituted for the "
                    "VNF node of the descriptor, so nobody would read it",
                )
            )

    def _scope(self, doc: document.Document, flavour: str) -> Scope:
        nodes = doc.section("topology_template", "node_templates")
        instances = dict(_deltas(doc))
        vdus = {
            name: _vdu(name, node, nodes, instances)
            for name, node in nodes.items()
            if isinstance(name, str) and _dig(node, "type") in _VDU_TYPES
        }
        targets = {}
        for section in ("node_templates", "groups"):
            for name, node in doc.section(
                "topology_template", section
            ).items():
                if isinstance(name, str):
                    targets[name] = self._target(name, node, vdus.get(name))
        return Scope(doc, flavour, targets, vdus, list(self._policies(doc)))

    def _target(
        self, name: str, node: Any, vdu: VduInfo | None
    ) -> descriptor.Target:
        type_name = node.get("type") if isinstance(node, dict) else None
        if not isinstance(type_name, str):
            type_name = "node without a type"
        kind: Any = "other"
        if vdu is not None:
            return descriptor.Target(
                name, "vdu", type_name, vdu.volume_backed, vdu.data_volumes
            )
        if type_name == _GROUP:
            kind = "placement_group"
        elif self._is_a(type_name, _VNF, self._node_types):
            kind = "vnf"
        return descriptor.Target(name, kind, type_name)

    @staticmethod
    def _is_a(type_name: str, base: str, types: dict[str, Any]) -> bool:
        seen: set[str] = set()
        while type_name != base:
            seen.add(type_name)
            parent = _dig(types, type_name, "derived_from")
            if not isinstance(parent, str) or parent in seen:
                return False
            type_name = parent
        return True

    def _policies(self, doc: document.Document) -> Iterator[RawPolicy]:
        """Yield the resiliency policies of a template."""
        policies = doc.section("topology_template").get("policies")
        if policies is not None and not isinstance(policies, list):
            self._wrong(doc, (), "policies", "must be a list of policies")
            return
        for index, item in enumerate(policies or ()):
            for name, body in item.items() if isinstance(item, dict) else ():
                if isinstance(body, dict) and isinstance(name, str):
                    found = self._policy(doc, index, name, body)
                    if found is not None:
                        yield found

    def _policy(
        self,
        doc: document.Document,
        index: int,
        name: str,
        body: dict[Any, Any],
    ) -> RawPolicy | None:
        type_name = body.get("type")
        if not isinstance(type_name, str) or not self._is_a(
            type_name, paper.POLICY_TYPE, self._policy_types
        ):
            return None
        if type_name != paper.POLICY_TYPE:
            self._wrong(
                doc,
                (index, name, "type"),
                f"{name}.type",
                f"must be {paper.POLICY_TYPE} itself: Tacker does not find "
                f"types derived from it, found {type_name}",
            )
        for key in body:
            if key not in _POLICY_KEYS:
                rule = f"is unknown; known are {', '.join(_POLICY_KEYS)}"
                self._wrong(doc, (index, name, key), f"{name}.{key}", rule)
        if self._complete and paper.POLICY_TYPE not in self._policy_types:
            self._wrong(
                doc,
                (index, name, "type"),
                f"{name}.type",
                f"{type_name} is not known: imports must name "
                f"{paper.TYPES_FILE}",
            )
        return RawPolicy(
            doc,
            ("topology_template", "policies", index, name),
            descriptor.PolicyData(
                name, body.get("targets"), body.get("properties")
            ),
        )

    def _wrong(
        self,
        doc: document.Document,
        path: document.Path,
        field: str,
        rule: str,
    ) -> None:
        self.problems.append(
            doc.problem(("topology_template", "policies", *path), field, rule)
        )


def _dig(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _flavour(mapping: dict[Any, Any], doc: document.Document) -> str:
    """Return the flavour's id, the file's name if it has none."""
    value = _dig(mapping, "properties", "flavour_id")
    return value if isinstance(value, str) else doc.name


def _vdu(
    name: str,
    node: dict[Any, Any],
    nodes: dict[Any, Any],
    instances: dict[str, int],
) -> VduInfo:
    image = _image(node)
    boot: str | None = None
    volumes = list(_storages(node, nodes))
    if image is None:
        boot = next(
            (item for item in volumes if _image(nodes[item]) is not None),
            None,
        )
    if boot is not None:
        image = _image(nodes[boot])
    profile = _dig(
        node, "properties", "vdu_profile", "min_number_of_instances"
    )
    count = instances.get(name, profile)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        count = 1
    return VduInfo(
        name,
        boot is not None,
        image or None,
        count,
        tuple(item for item in volumes if item != boot),
    )


def _image(node: Any) -> str | None:
    """Return the name of a node's image, '' for one without a name."""
    data = _dig(node, "properties", "sw_image_data")
    if isinstance(data, dict):
        name = data.get("name")
        return name if isinstance(name, str) else ""
    image = _dig(node, "properties", "image")
    if isinstance(image, str) and node.get("type") == paper.VNFC_TYPE:
        return image
    artifacts = _dig(node, "artifacts")
    if isinstance(artifacts, dict) and any(
        _dig(item, "type") == "tosca.artifacts.nfv.SwImage"
        for item in artifacts.values()
    ):
        return ""
    return None


def _storages(node: dict[Any, Any], nodes: dict[Any, Any]) -> Iterator[str]:
    """Yield the block storages that a VDU requires, in its order."""
    requirements = node.get("requirements")
    for item in requirements if isinstance(requirements, list) else ():
        name = _dig(item, "virtual_storage")
        if isinstance(name, dict):
            name = name.get("node")
        if isinstance(name, str) and _dig(nodes, name, "type") == (
            "tosca.nodes.nfv.Vdu.VirtualBlockStorage"
        ):
            yield name


def _deltas(doc: document.Document) -> Iterator[tuple[str, int]]:
    """Yield (VDU, its number of instances at instantiation)."""
    policies = doc.section("topology_template").get("policies")
    for item in policies if isinstance(policies, list) else ():
        for body in item.values() if isinstance(item, dict) else ():
            if _dig(body, "type") != _DELTA:
                continue
            count = _dig(
                body, "properties", "initial_delta", "number_of_instances"
            )
            names = body.get("targets")
            for name in names if isinstance(names, list) else ():
                if isinstance(name, str):
                    yield name, count
