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

"""Drivers that hang, raise or talk nonsense."""

from __future__ import annotations

import threading

from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.adapters.fencing import bounded
from nham.adapters.simulated import fencing
from nham.adapters.simulated import world as simulated
from nham.tests import base
from nham.tests.conformance import fencing as fencing_suite


class Odd(fencing_base.HostFencing):
    """Does whatever ``act`` does, whichever question it is asked."""

    name = "odd"

    def __init__(self) -> None:
        self.asked = 0
        self.go_on = threading.Event()
        self.failure: Exception | None = None
        self.hangs = False

    def act(self) -> str:
        """Hang, raise, or answer."""
        self.asked += 1
        if self.hangs:
            self.go_on.wait()
        if self.failure is not None:
            raise self.failure
        return "off"

    def can_fence(self, host: str) -> bool:
        """See base class."""
        return host == "one"

    def fence(self, host: str) -> None:
        """See base class."""
        self.act()

    def trouble(self, host: str) -> str:
        """See base class."""
        return self.act()

    def proof(self, host: str) -> str | None:
        """See base class."""
        return self.act()


class BoundedTest(base.TestCase):
    def setUp(self) -> None:
        super().setUp()
        self.odd = Odd()
        self.addCleanup(self.odd.go_on.set)
        self.driver = bounded.BoundedFencing(self.odd, 0.05)

    def test_well(self) -> None:
        driver = bounded.BoundedFencing(self.odd, 60.0)
        driver.fence("one")
        self.assertEqual("off", driver.proof("one"))
        self.assertEqual("off", driver.trouble("one"))
        self.assertEqual("odd", driver.name)
        self.assertFalse(driver.can_fence("two"))

    def test_driver_that_hangs(self) -> None:
        self.odd.hangs = True
        error = self.assertRaises(errors.Unavailable, self.driver.fence, "one")
        self.assertEqual("no answer in 0.05 s", str(error))

    def test_driver_that_hangs_is_not_asked_again_meanwhile(self) -> None:
        self.odd.hangs = True
        self.assertIsNone(self.driver.proof("one"))
        self.assertRaises(errors.Unavailable, self.driver.fence, "one")
        self.assertIn("hangs", self.driver.trouble("one"))
        self.assertEqual(1, self.odd.asked)
        # Another host's BMC may be well.
        self.assertIn("no answer", self.driver.trouble("two"))
        self.assertEqual(2, self.odd.asked)

    def test_driver_that_has_hung_is_asked_again(self) -> None:
        self.odd.hangs = True
        self.assertIsNone(self.driver.proof("one"))
        self.odd.hangs = False
        self.odd.go_on.set()
        self.driver._hanging["one"].join(60.0)
        patient = bounded.BoundedFencing(self.odd, 60.0)
        patient._hanging = self.driver._hanging
        self.assertEqual("off", patient.proof("one"))

    def test_driver_that_raises(self) -> None:
        driver = bounded.BoundedFencing(self.odd, 60.0)
        self.odd.failure = errors.Refused("not mine")
        error: Exception = self.assertRaises(
            errors.Refused, driver.fence, "one"
        )
        self.assertEqual("not mine", str(error))
        self.odd.failure = ValueError("what?")
        error = self.assertRaises(errors.Unavailable, driver.fence, "one")
        self.assertEqual("ValueError: what?", str(error))
        self.assertEqual("ValueError: what?", driver.trouble("one"))
        self.assertIsNone(driver.proof("one"))


class ConformanceTest(fencing_suite.FencingSuite):
    """A driver is the same when its calls are bounded."""

    host = "one"
    forbidden = "two"

    def setUp(self) -> None:
        super().setUp()
        self.world = simulated.World(seed=7)
        for name in ("one", "two"):
            self.world.add_host(name)
        self.world.forbid_fence("two")
        self.driver: fencing_base.HostFencing = bounded.BoundedFencing(
            fencing.SimulatedFencing(self.world), 60.0
        )

    def pass_time(self, seconds: float) -> None:
        """See base class."""
        self.world.clock.advance(seconds)

    def now(self) -> float:
        """See base class."""
        return self.world.clock.now()
