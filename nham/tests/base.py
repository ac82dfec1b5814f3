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

"""What every test of NHAM starts from."""

import os
from pathlib import Path
import tempfile
from typing import Any
from unittest import mock

import hypothesis
from oslotest import base

# A property test's speed depends on the machine, so no deadline; the same
# examples each time, so that a failure can be had again. A longer search is
# one variable away: HYPOTHESIS_PROFILE=search.
hypothesis.settings.register_profile(
    "fixed", deadline=None, derandomize=True, print_blob=True
)
hypothesis.settings.register_profile(
    "search", deadline=None, max_examples=2000, print_blob=True
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


class TestCase(base.BaseTestCase):
    """A test with a time limit, captured output and a few conveniences."""

    def replace(self, target: str, *args: Any, **kwargs: Any) -> Any:
        """Replace what a dotted name means, until the test ends."""
        patcher = mock.patch(target, *args, **kwargs)
        replacement = patcher.start()
        self.addCleanup(patcher.stop)
        return replacement

    def temp_dir(self) -> Path:
        """Return a new empty directory that is gone when the test ends."""
        directory = tempfile.TemporaryDirectory(prefix="nham-test-")
        self.addCleanup(directory.cleanup)
        return Path(directory.name)
