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

"""1R-AA: one standby, which is given each state that is saved."""

from __future__ import annotations

from nham.core import states
from nham.core.mechanisms import base
from nham.core.mechanisms import changes

SPEC = base.Spec(
    name="1R-AA",
    says="One standby on another host is given each state that is saved, and "
    "takes over with what it has.",
    source="NHAM 3.3.3",
    low=1,
    high=1,
    default=1,
    backups="exactly one backup",
    role=states.Role.STANDBY,
    feeds=True,
    standbys=frozenset(("warm",)),
    drivers=frozenset(("floating_ip", "fixed_ip", "vip")),
    methods=frozenset(("none", "hook")),
    transitions=(*changes.SERVING, *changes.BESIDE, *changes.WAITING),
)
