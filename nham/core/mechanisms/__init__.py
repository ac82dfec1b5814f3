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

"""The mechanisms: one module for each, and the table of them.

A fifth is one more module, its line in `TABLE`, and its word in
`descriptor.Mechanism`. They are data that the pure core asks for at each
decision, so they are imported like the rest of it: an entry point would have
to be loaded from outside, and what a policy means would depend on it.
"""

from __future__ import annotations

from nham.core.mechanisms import base
from nham.core.mechanisms import mr_aa
from nham.core.mechanisms import one_r_aa
from nham.core.mechanisms import one_r_as
from nham.core.mechanisms import zero_r

Spec = base.Spec
Transition = base.Transition

TABLE: tuple[base.Spec, ...] = (
    zero_r.SPEC,
    one_r_as.SPEC,
    one_r_aa.SPEC,
    mr_aa.SPEC,
)

_BY_NAME = {spec.name: spec for spec in TABLE}


def of(redundancy: str) -> base.Spec:
    """Return what a mechanism is.

    :param redundancy: its word in a policy.
    :raises KeyError: there is none of that name.
    """
    return _BY_NAME[redundancy]
