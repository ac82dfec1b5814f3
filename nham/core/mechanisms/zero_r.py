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

"""0R: no replica."""

from __future__ import annotations

from nham.core.mechanisms import base
from nham.core.mechanisms import changes

SPEC = base.Spec(
    name="0R",
    says="The VNFC is alone; it is repaired, and its last checkpoint "
    "restored.",
    source="NHAM 3.3.1",
    low=0,
    high=0,
    default=0,
    backups="no backups",
    role=None,
    feeds=False,
    standbys=frozenset(),
    drivers=frozenset(("none",)),
    methods=frozenset(("none", "image_snapshot", "volume_snapshot", "hook")),
    transitions=changes.SERVING,
)
