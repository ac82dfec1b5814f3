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

"""A standby whose volume is made of snapshots of its primary's volume.

What holds for a local disk holds for a volume.
"""

from __future__ import annotations

from nham.tests.functional import test_disk
from nham.tests.functional import test_disk_cold


class FailOverTest(test_disk.FailOverTest):
    policy = test_disk.ON_VOLUME


class FirstTest(test_disk.FirstTest):
    policy = test_disk.ON_VOLUME


class RefreshTest(test_disk.RefreshTest):
    policy = test_disk.ON_VOLUME


class ColdDiskTest(test_disk_cold.ColdDiskTest):
    policy = test_disk.ON_VOLUME


class SwitchoverTest(test_disk.SwitchoverTest):
    policy = test_disk.ON_VOLUME
