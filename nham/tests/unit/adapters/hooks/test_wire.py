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


"""The limits of a call; ``test_http`` proves that sockets keep them."""

from __future__ import annotations

from nham.adapters import errors
from nham.adapters.hooks import wire
from nham.tests import base


class LimitsTest(base.TestCase):
    """``Limits``."""

    def setUp(self) -> None:
        super().setUp()
        self.clock = self.replace("time.monotonic", return_value=100.0)

    def test_time(self) -> None:
        limits = wire.Limits(5.0, 10)
        self.clock.return_value = 104.0
        self.assertEqual(1.0, limits.left())
        self.clock.return_value = 105.0
        self.assertRaises(TimeoutError, limits.left)

    def test_size(self) -> None:
        limits = wire.Limits(5.0, 10)
        limits.receive(20)
        limits.receive(wire.OVERHEAD)
        self.assertRaises(errors.Refused, limits.receive, 1)
