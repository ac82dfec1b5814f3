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

"""What tests of the wiring share: a configuration, and its engine."""

from __future__ import annotations

from collections.abc import Callable
import os
from unittest import mock

from nham import conf as nham_conf
from nham.adapters.simulated import clock
from nham.engine import engine
from nham.engine import wiring
from nham.simulate import memory
from nham.tests import base

CLOUDS = """
clouds:
  mine:
    auth_type: password
    auth:
      auth_url: http://192.0.2.1/v3
      username: nham
      password: secret
      project_name: admin
      user_domain_name: Default
      project_domain_name: Default
    region_name: north
    interface: internal
"""


def _nobody(_recovery_id: str) -> None:
    """Stand in for what runs recoveries."""


class WiringCase(base.TestCase):
    """The defaults, and a cloud in ``clouds.yaml``."""

    def setUp(self) -> None:
        super().setUp()
        self.jobs: list[Callable[[], None]] = []
        path = self.temp_dir() / "clouds.yaml"
        path.write_text(CLOUDS)
        found = mock.patch.dict(
            os.environ, {"OS_CLIENT_CONFIG_FILE": str(path)}
        )
        found.start()
        self.addCleanup(found.stop)
        self.configure("")

    def configure(self, text: str, cloud: str = "mine") -> None:
        """Load a file with this text, and the name of a cloud."""
        path = self.temp_dir() / "nham.conf"
        path.write_text(f"[cloud]\ncloud = {cloud}\n{text}")
        self.conf = nham_conf.load(["--config-file", str(path)])

    def engine(self) -> engine.Engine:
        """Return the engine that the configuration makes."""
        store = memory.Memory().store
        self.addCleanup(store.close)
        made = wiring.engine(
            self.conf, store, clock.VirtualClock(), _nobody, self.jobs.append
        )
        self.addCleanup(made.watch._prober.close)
        return made
