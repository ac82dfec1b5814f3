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

"""Read a VNF descriptor and say everything that is wrong with it."""

from __future__ import annotations

import collections
from collections.abc import Iterator
from collections.abc import Mapping
import dataclasses
import re
import threading
from typing import Any

from nham.core import descriptor
from nham.descriptor import document
from nham.descriptor import errors
from nham.descriptor import files
from nham.descriptor import locate
from nham.descriptor import package
from nham.descriptor import parser
from nham.descriptor import topology

_CACHE_SIZE = 128
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


@dataclasses.dataclass(frozen=True)
class Flavour:
    """What holds in one deployment flavour."""

    id: str
    vdus: Mapping[str, topology.VduInfo]
    policies: tuple[descriptor.ResiliencyPolicy, ...]


@dataclasses.dataclass(frozen=True)
class Descriptor:
    """A descriptor that broke no rule.

    :ivar vnfd_id: `descriptor_id` of the VNF node, None without one.
    :ivar provider, product: of the VNF node, None if not given.
    :ivar vdus: VDUs of the flavour that the VNF node names as its own, of
        the first if it names none; so are the policies.
    :ivar digest: SHA-256 over all files that the descriptor is made of.
    :ivar warnings: what the operator should know, though it is allowed.
    :ivar flavours: the same for each deployment flavour.
    """

    vnfd_id: str | None
    provider: str | None
    product: str | None
    vdus: Mapping[str, topology.VduInfo]
    policies: tuple[descriptor.ResiliencyPolicy, ...]
    digest: str
    warnings: tuple[descriptor.Problem, ...] = ()
    flavours: tuple[Flavour, ...] = ()

    def flavour(self, flavour_id: str) -> Flavour:
        """Return what holds in a flavour.

        :raises KeyError: if the descriptor has no such flavour.
        """
        for flavour in self.flavours:
            if flavour.id == flavour_id:
                return flavour
        raise KeyError(flavour_id)


_Result = Descriptor | errors.DescriptorError
_cache: collections.OrderedDict[tuple[str, str], _Result] = (
    collections.OrderedDict()
)
_cache_lock = threading.Lock()


def read(source: package.Source) -> Descriptor:
    """Return the descriptor in a YAML file, a directory or a CSAR.

    May be called by several threads. What was read once is not parsed
    again while its files are the same.

    :param source: a path, or the bytes of a YAML file or of a zip file.
    :raises NotReadableError: if the path is not there or not readable.
    :raises DescriptorError: with all problems, if a rule is broken.
    """
    fileset = files.collect(source)
    # The label is part of the key because problems name the files by it.
    key = (fileset.documents[fileset.entry].label, fileset.digest)
    with _cache_lock:
        result = _cache.get(key)
        if result is not None:
            _cache.move_to_end(key)
    if result is None:
        try:
            result = _Check(fileset).run()
        except errors.DescriptorError as error:
            result = error
        with _cache_lock:
            _cache[key] = result
            while len(_cache) > _CACHE_SIZE:
                _cache.popitem(last=False)
    if isinstance(result, errors.DescriptorError):
        # A new one each time: an exception that is raised keeps the frames
        # of its traceback, which several threads must not share.
        raise errors.DescriptorError(result.problems)
    return result


class _Check:
    """One reading of a set of files."""

    def __init__(self, fileset: files.FileSet) -> None:
        self._files = fileset
        self._topology = topology.Topology(fileset)
        # A dict keeps the order and drops what two flavours both find.
        self._problems = dict.fromkeys(
            [*fileset.problems, *self._topology.problems]
        )
        self._bad: set[tuple[str, document.Path]] = set()

    def run(self) -> Descriptor:
        """Return the descriptor.

        :raises DescriptorError: if a rule is broken.
        """
        contexts = list(self._contexts())
        for raw, context in contexts:
            self._note(raw, descriptor.check(raw.data, context))
        for _, scopes in self._topology.views():
            self._together([raw for scope in scopes for raw in scope.policies])
        # With a file missing, the parser would miss every type in it.
        if self._files.complete:
            self._problems.update(dict.fromkeys(self._refusals()))
        if any(item.severity == "error" for item in self._problems):
            raise errors.DescriptorError(self._problems)
        flavours = tuple(self._flavours())
        chosen = self._chosen(flavours)
        self._problems.update(dict.fromkeys(self._uncovered(chosen)))
        return Descriptor(
            vnfd_id=self._topology.vnf_property("descriptor_id"),
            provider=self._topology.vnf_property("provider"),
            product=self._topology.vnf_property("product_name"),
            vdus=chosen.vdus,
            policies=chosen.policies,
            digest=self._files.digest,
            warnings=tuple(self._problems),
            flavours=flavours,
        )

    def _contexts(
        self,
    ) -> Iterator[tuple[topology.RawPolicy, descriptor.Context]]:
        for _, scopes in self._topology.views():
            yield from _in_context(scopes)

    def _note(
        self, raw: topology.RawPolicy, found: list[descriptor.Problem]
    ) -> None:
        """Keep problems of a policy, each with its place in the file."""
        for item in found:
            if not self._files.complete and item.field.startswith("targets"):
                # The type of a target may stand in the missing file.
                continue
            if item.severity == "error":
                self._bad.add((raw.doc.name, raw.path))
            path = (*raw.path, *_steps(item.field))
            name = raw.data.name
            self._problems[
                descriptor.Problem(
                    f"{name}.{item.field}" if item.field else name,
                    item.rule,
                    raw.doc.label,
                    raw.doc.line(path),
                    item.severity,
                )
            ] = None

    def _together(self, raws: list[topology.RawPolicy]) -> None:
        for index, item in descriptor.check_together(
            [raw.data for raw in raws]
        ):
            self._note(raws[index], [item])

    def _refusals(self) -> Iterator[descriptor.Problem]:
        """Yield what tosca-parser finds beside the problems so far.

        Policies that are refused already are kept from it, so that no
        mistake is reported twice.
        """
        documents = self._files.documents
        templates = {
            name: _without(doc, self._bad) for name, doc in documents.items()
        }
        for message in parser.refusals(templates, self._files.entry):
            yield locate.place(message, documents.values(), self._files.entry)

    def _flavours(self) -> Iterator[Flavour]:
        for flavour_id, scopes in self._topology.views():
            vdus: dict[str, topology.VduInfo] = {}
            for scope in scopes:
                vdus.update(scope.vdus)
            policies = tuple(
                descriptor.build(raw.data, context)
                for raw, context in _in_context(scopes)
            )
            yield Flavour(flavour_id, vdus, policies)

    def _chosen(self, flavours: tuple[Flavour, ...]) -> Flavour:
        name = self._topology.vnf_property("flavour_id")
        return next(
            (item for item in flavours if item.id == name), flavours[0]
        )

    def _uncovered(self, flavour: Flavour) -> Iterator[descriptor.Problem]:
        """Yield a warning for each VDU that no policy protects."""
        for name in flavour.vdus:
            if descriptor.policy_for(name, flavour.policies) is None:
                label = self._files.documents[self._files.entry].label
                yield descriptor.Problem(
                    name,
                    "no resiliency policy holds for this VDU, so NHAM does "
                    "not protect it",
                    label,
                    severity="warning",
                )


def _in_context(
    scopes: list[topology.Scope],
) -> Iterator[tuple[topology.RawPolicy, descriptor.Context]]:
    """Yield the policies of some scopes, each with what it may name."""
    targets: dict[str, descriptor.Target] = {}
    for scope in scopes:
        targets.update(scope.targets)
    raws = [raw for scope in scopes for raw in scope.policies]
    for raw in raws:
        taken = frozenset(
            name
            for other in raws
            if other is not raw and isinstance(other.data.targets, list)
            for name in other.data.targets
            if isinstance(name, str)
        )
        yield raw, descriptor.Context(targets, taken)


def _steps(field: str) -> document.Path:
    """Return the path below a policy that a field of it stands for."""
    steps: list[str | int] = [
        int(index) if index else key for key, index in _STEP.findall(field)
    ]
    if steps and steps[0] != "targets":
        steps.insert(0, "properties")
    return tuple(steps)


def _without(
    doc: document.Document, bad: set[tuple[str, document.Path]]
) -> dict[Any, Any]:
    """Return a document's data without the policies that are refused."""
    places = {path[2:] for name, path in bad if name == doc.name}
    if not places:
        return doc.data
    section = doc.section("topology_template")
    kept = []
    for index, item in enumerate(section["policies"]):
        rest = item
        if isinstance(item, dict):
            rest = {
                key: value
                for key, value in item.items()
                if (index, key) not in places
            }
        if rest or rest == item:
            kept.append(rest)
    body = {key: value for key, value in section.items() if key != "policies"}
    if kept:
        body["policies"] = kept
    return {**doc.data, "topology_template": body}
