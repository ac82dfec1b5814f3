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

"""MR-AA: several members that all serve."""

from __future__ import annotations

from nham.core import states
from nham.core.mechanisms import base
from nham.core.mechanisms import changes

SPEC = base.Spec(
    name="MR-AA",
    says="Several members serve, each with its share of the clients; one "
    "that fails leaves the distribution, and the others go on.",
    source="NHAM 3.3.4",
    low=1,
    high=64,
    default=1,
    backups="at least one backup",
    role=states.Role.ACTIVE,
    feeds=True,
    standbys=frozenset(),
    drivers=frozenset(("ecmp", "octavia")),
    methods=frozenset(("none", "hook")),
    transitions=(*changes.SERVING, *changes.BESIDE, *changes.SHARING),
)
