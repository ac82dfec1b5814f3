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

"""1R-AS: one standby, which gets the state when it takes over."""

from __future__ import annotations

from nham.core import states
from nham.core.mechanisms import base
from nham.core.mechanisms import changes

SPEC = base.Spec(
    name="1R-AS",
    says="One standby waits on another host; it gets the last saved state "
    "when it takes over.",
    source="NHAM 3.3.2",
    low=1,
    high=1,
    default=1,
    backups="exactly one backup",
    role=states.Role.STANDBY,
    feeds=False,
    standbys=frozenset(("warm", "cold")),
    drivers=frozenset(("floating_ip", "fixed_ip", "vip")),
    methods=frozenset(("none", "image_snapshot", "volume_snapshot", "hook")),
    transitions=(*changes.SERVING, *changes.BESIDE, *changes.WAITING),
)
