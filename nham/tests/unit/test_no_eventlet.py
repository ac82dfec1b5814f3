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

import subprocess
import sys

from nham.tests import base

WALK = """
import importlib, pkgutil, sys
import nham
import nham.cmd  # as every process of ours begins

for module in pkgutil.walk_packages(nham.__path__, "nham."):
    if module.name.startswith(("nham.tests", "nham.db.migrations.")):
        continue  # the latter are run by alembic, not imported
    if module.name == "nham.wsgi.api":
        continue  # reads the configuration of a deployment
    importlib.import_module(module.name)
    # None stands for a module that must not be imported.
    if sys.modules.get("eventlet"):
        sys.exit(f"{module.name} brought eventlet in")
"""


class TestNoEventlet(base.TestCase):
    """eventlet is installed by a library of ours and must stay asleep."""

    def test_no_module_imports_it(self) -> None:
        # A process of its own: other tests may have imported anything.
        result = subprocess.run(
            [sys.executable, "-c", WALK],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(0, result.returncode, result.stderr)
