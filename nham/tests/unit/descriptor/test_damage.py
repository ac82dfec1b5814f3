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

"""Descriptors with random damage: told in the agreed form, never ignored."""

import copy
import re
from typing import Any

import hypothesis
from hypothesis import strategies as st
import yaml

from nham.core.descriptor import schema
from nham.descriptor import errors
from nham.descriptor import reader
from nham.tests import base
from nham.tests.unit.descriptor import samples

_TEXTS = samples.package()
_DATA = yaml.safe_load(_TEXTS[samples.DF])
_PAPER = samples.paper()
_LINE = re.compile(r"[^:\n]+:\d+: (warning: )?[^\n]+: [^\n]+")

#: A package takes about 50 ms to read, so a part of the usual examples.
_FEWER = hypothesis.settings(
    max_examples=hypothesis.settings().max_examples // 4
)
_junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.just(["VNF"]),
    st.just({"get_input": "x"}),
    st.just({"type": "nham.policies.nfv.Resiliency"}),
    st.sampled_from(["0R", "VDU1", "1 s", "tosca.nodes.nfv.Vdu.Compute"]),
)


def _paths(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = []
    items: Any = ()
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, list):
        items = enumerate(data)
    for key, value in items:
        found.append((*path, key))
        found.extend(_paths(value, (*path, key)))
    return found


_PATHS = _paths(_DATA)
_POLICY_MAPS = [
    path
    for path in _PATHS
    if path[:2] == ("topology_template", "policies")
    and "resiliency" in str(path[3:4])
    and isinstance(path[-1], (str, int))
]


def _holder(data: Any, path: tuple[Any, ...]) -> Any:
    for part in path[:-1]:
        data = data[part]
    return data


class TestDamage(base.TestCase):
    def told(self, source: bytes) -> bool:
        """Return whether a descriptor is refused, in the agreed form."""
        try:
            reader.read(source)
        except errors.DescriptorError as error:
            self.assertNotEqual((), error.problems)
            for line in str(error).splitlines():
                self.assertRegex(line, _LINE)
            return True
        return False

    def package(self, df: str) -> bytes:
        return samples.zipped({**_TEXTS, samples.DF: df})

    @_FEWER
    @hypothesis.given(
        st.lists(
            st.tuples(st.sampled_from(_PATHS), _junk), min_size=1, max_size=3
        )
    )
    def test_replaced_values(
        self, changes: list[tuple[tuple[Any, ...], Any]]
    ) -> None:
        data = copy.deepcopy(_DATA)
        for path, value in changes:
            try:
                _holder(data, path)[path[-1]] = value
            except (KeyError, IndexError, TypeError):
                continue
        self.told(self.package(yaml.safe_dump(data)))

    @_FEWER
    @hypothesis.given(
        st.integers(0, len(_TEXTS[samples.DF])),
        st.integers(0, 40),
        st.text(max_size=6),
    )
    def test_replaced_text(self, start: int, length: int, new: str) -> None:
        text = _TEXTS[samples.DF]
        damaged = text[:start] + new + text[start + length :]
        self.told(self.package(damaged))

    @hypothesis.given(
        st.integers(0, len(_PAPER)), st.integers(0, 12), st.text(max_size=4)
    )
    def test_replaced_text_of_the_paper(
        self, start: int, length: int, new: str
    ) -> None:
        damaged = _PAPER[:start] + new + _PAPER[start + length :]
        self.told(damaged.encode())

    @hypothesis.given(st.binary(max_size=60))
    def test_any_bytes(self, data: bytes) -> None:
        self.assertTrue(self.told(data))

    @_FEWER
    @hypothesis.given(
        st.sampled_from(_POLICY_MAPS),
        st.text("abcdefgh_", min_size=1, max_size=8),
        _junk,
    )
    def test_an_unknown_key_in_a_policy_never_passes(
        self, path: tuple[Any, ...], key: str, value: Any
    ) -> None:
        data = copy.deepcopy(_DATA)
        block = _holder(data, path)[path[-1]]
        hypothesis.assume(isinstance(block, dict))
        hypothesis.assume(
            key not in {prop.key for prop in schema.TOP}
            and key not in block
            and path[-1] != "metadata"
        )
        block[key] = value
        self.assertTrue(self.told(self.package(yaml.safe_dump(data))))
