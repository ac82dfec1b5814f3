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


"""Each simulation has a database of its own, which keeps whole writes."""

from __future__ import annotations

from nham.core import model
from nham.db import errors
from nham.simulate import memory
from nham.tests import base


class MemoryTest(base.TestCase):
    """What was written is there; in one database, and as a whole."""

    def test_nobody_else_has_it(self) -> None:
        one, other = memory.Memory().store, memory.Memory().store
        one.set_setting("paused", "by the test")
        self.assertIsNone(other.setting("paused"))
        self.assertEqual("by the test", one.setting("paused"))

    def test_half_a_write_is_none(self) -> None:
        store = memory.Memory().store
        store.save_vnf(
            model.Vnf(id="v", name="fw", source="tacker", project_id="p")
        )
        store.save_group(
            model.Group(id="g", vnf_id="v", vnfc="VDU1-0", vdu="VDU1")
        )
        good, bad = (
            model.Member(id=name, group_id=name, server_id=name)
            for name in ("g", "unknown")
        )
        self.assertRaises(errors.NotFound, store.save_member, good, bad)
        self.assertEqual([], list(store.members()))
        store.save_member(good)
        self.assertEqual([good], list(store.members()))
