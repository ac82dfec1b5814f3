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

"""The NHAM paper's own form of a resiliency block, turned into a policy.

Source: the example of section 5 of the paper, a block `resiliency` beside
`nfv_compute`. As printed, the node has no name, `properties` stands twice
under `nfv_compute` and `resiliency` beside them; the block is also read
where indentation puts it under the node. What the block becomes:

================== ====================================================
paper              policy
================== ====================================================
vnf_level.type     redundancy
num_backups        num_backups
cooldown           cooldown; with 0R also `stateful: true` and the state
                   protection `image_snapshot`, because in the paper it
                   is the checkpoint interval of a stateful VNF
================== ====================================================
"""

from __future__ import annotations

from typing import Any

import yaml

from nham.core import descriptor
from nham.descriptor import document

POLICY_TYPE = "nham.policies.nfv.Resiliency"
VNFC_TYPE = "nham.nodes.nfv.Vnfc"
TYPES_FILE = "nham_resiliency_types.yaml"
_NODE_NAME = "VNF"
_NODE_KEYS = frozenset(("capabilities", "properties", "resiliency"))
_OWN_KEYS = ("type", "image")
_BLOCK_KEYS = ("num_backups", "cooldown", "vnf_level")
_LATER_KEYS = ("vm_level", "infra_level", "site_level")
_NODES = ("topology_template", "node_templates")


def join_properties(root: yaml.Node | None) -> None:
    """Make one map of the two `properties` of a printed `nfv_compute`."""
    for node in _compute_nodes(root):
        first: yaml.MappingNode | None = None
        kept = []
        for key, value in node.value:
            if key.value == "properties" and isinstance(
                value, yaml.MappingNode
            ):
                if first is not None:
                    first.value.extend(value.value)
                    continue
                first = value
            kept.append((key, value))
        node.value = kept


def normalise(doc: document.Document) -> list[descriptor.Problem]:
    """Rewrite a document in the paper's form; any other is left alone.

    :returns: what of the block cannot be turned into a policy.
    """
    nodes = doc.section(*_NODES)
    if nodes and _NODE_KEYS.issuperset(nodes):
        if _block_path(nodes) is None:
            return []
        doc.data["topology_template"]["node_templates"] = {
            _NODE_NAME: dict(nodes)
        }
        doc.moved[(*_NODES, _NODE_NAME)] = _NODES
        nodes = doc.section(*_NODES)
    problems = []
    for name, node in nodes.items():
        path = _block_path(node) if isinstance(node, dict) else None
        if path is not None and isinstance(name, str):
            problems.extend(_node(doc, name, node, path))
    return problems


def _compute_nodes(root: yaml.Node | None) -> list[yaml.MappingNode]:
    """Return each `nfv_compute` that holds a resiliency block."""
    stack = [] if root is None else [root]
    found = []
    while stack:
        node = stack.pop()
        if not isinstance(node, yaml.MappingNode):
            continue
        for key, value in node.value:
            if key.value in ("imports", "node_types", "data_types"):
                continue
            stack.append(value)
            if (
                key.value == "nfv_compute"
                and isinstance(value, yaml.MappingNode)
                and any(item.value == "resiliency" for item, _ in value.value)
            ):
                found.append(value)
    return found


def _block_path(node: dict[Any, Any]) -> document.Path | None:
    """Return where a node has its resiliency block."""
    if "resiliency" in node:
        return ("resiliency",)
    compute = _dig(node, "capabilities", "nfv_compute")
    if isinstance(compute, dict) and "resiliency" in compute:
        return ("capabilities", "nfv_compute", "resiliency")
    return None


def _dig(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def _node(
    doc: document.Document,
    name: str,
    node: dict[Any, Any],
    path: document.Path,
) -> list[descriptor.Problem]:
    """Take the block out of a node and add the policy that it means."""
    holder = node if len(path) == 1 else node["capabilities"]["nfv_compute"]
    block = holder.pop("resiliency")
    place = doc.moved.get((*_NODES, name), (*_NODES, name))
    here = (*place, *path)
    node.setdefault("type", VNFC_TYPE)
    _own_properties(node)
    _add_head(doc)
    problems = []
    if not isinstance(block, dict):
        return [doc.problem(here, "resiliency", "must be a map")]
    for key in block:
        if key in _LATER_KEYS:
            rule = "is not yet supported in this version"
        elif key not in _BLOCK_KEYS:
            rule = f"is unknown; known are {', '.join(_BLOCK_KEYS)}"
        else:
            continue
        problems.append(doc.problem((*here, key), f"resiliency.{key}", rule))
    level = block.get("vnf_level", {})
    for key in level if isinstance(level, dict) else ("",):
        if key != "type":
            problems.append(
                doc.problem(
                    (*here, "vnf_level", key),
                    "resiliency.vnf_level",
                    "must be a map with the key type alone",
                )
            )
    _add_policy(doc, name, block, here)
    return problems


def _own_properties(node: dict[Any, Any]) -> None:
    """Move type and image, printed under nfv_compute, up to the node."""
    properties = _dig(node, "capabilities", "nfv_compute", "properties")
    if not isinstance(properties, dict):
        return
    own = node.setdefault("properties", {})
    for key in _OWN_KEYS:
        if key in properties and isinstance(own, dict) and key not in own:
            own[key] = properties.pop(key)
    if not own:
        del node["properties"]


def _add_policy(
    doc: document.Document,
    name: str,
    block: dict[Any, Any],
    here: document.Path,
) -> None:
    properties: dict[str, Any] = {}
    sources: dict[str, document.Path] = {}
    mechanism = _dig(block, "vnf_level", "type")
    if mechanism is not None:
        properties["redundancy"] = mechanism
        sources["redundancy"] = (*here, "vnf_level", "type")
    for key in ("num_backups", "cooldown"):
        if key in block:
            properties[key] = block[key]
            sources[key] = (*here, key)
    if mechanism == descriptor.Mechanism.ZERO_R and "cooldown" in block:
        properties["stateful"] = True
        properties["state_protection"] = {"method": "image_snapshot"}
        sources["stateful"] = sources["cooldown"]
        sources["state_protection"] = sources["cooldown"]
    topology = doc.data["topology_template"]
    policies = topology.setdefault("policies", [])
    if not isinstance(policies, list):
        return
    policy = f"{name}_resiliency"
    path = ("topology_template", "policies", len(policies), policy)
    doc.moved[path] = here
    for key, source in sources.items():
        doc.moved[(*path, "properties", key)] = source
    policies.append(
        {
            policy: {
                "type": POLICY_TYPE,
                "targets": [name],
                "properties": properties,
            }
        }
    )


def _add_head(doc: document.Document) -> None:
    """Add what every TOSCA file has and the paper's excerpt has not."""
    body = dict(doc.data)
    doc.data.clear()
    version = body.pop("tosca_definitions_version", None)
    doc.data["tosca_definitions_version"] = version or "tosca_simple_yaml_1_2"
    imports = body.pop("imports", None) or []
    if isinstance(imports, list) and TYPES_FILE not in imports:
        imports = [*imports, TYPES_FILE]
    doc.data["imports"] = imports
    doc.data.update(body)
