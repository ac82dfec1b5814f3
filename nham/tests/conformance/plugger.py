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

"""What every plugger must do."""

from __future__ import annotations

import abc
import uuid

from nham.adapters.plugger import base as plugger_base
from nham.core import plugs
from nham.tests.conformance import base


class PluggerSuite(base.Suite):
    """A host that is joined to nothing yet."""

    plugger: plugger_base.Plugger

    @abc.abstractmethod
    def break_port(self, port: str) -> None:
        """Let a port that is plugged lose its network."""

    def wish(self) -> plugs.Plug:
        """Return a port to be plugged."""
        return plugs.Plug(
            port=str(uuid.uuid4()),
            mac="fa:16:3e:00:00:07",
            addresses=("10.123.45.6/24",),
            mtu=1300,
        )

    def test_nothing_is_plugged(self) -> None:
        standing = self.plugger.standing()
        self.assertTrue(standing.host)
        self.assertEqual({}, standing.lives)
        self.plugger.unplug(self.wish().port)

    def test_plugged_twice_is_one(self) -> None:
        wish = self.wish()
        life = self.plugger.plug(wish)
        self.assertTrue(life)
        self.assertEqual(life, self.plugger.plug(wish))
        self.assertEqual({wish.port: life}, self.plugger.standing().lives)

    def test_unplugged_twice_is_gone(self) -> None:
        wish = self.wish()
        self.plugger.plug(wish)
        for _twice in range(2):
            self.plugger.unplug(wish.port)
        self.assertEqual({}, self.plugger.standing().lives)

    def test_what_broke_has_no_life_and_is_mended_to_another(self) -> None:
        wish = self.wish()
        before = self.plugger.plug(wish)
        self.break_port(wish.port)
        self.assertEqual({wish.port: ""}, self.plugger.standing().lives)
        after = self.plugger.plug(wish)
        self.assertNotIn(after, ("", before))
        self.assertEqual({wish.port: after}, self.plugger.standing().lives)

    def test_closed_twice(self) -> None:
        for _twice in range(2):
            self.plugger.close()
