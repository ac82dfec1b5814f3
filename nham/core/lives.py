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

"""Whether an application still has the state that was saved of it.

One that restarts by itself comes back empty, and is well by all other
signs. What it hands out then must not take the place of what was saved.
"""

from __future__ import annotations

from nham.core import model


def why_lost(
    saved: model.Checkpoint, taken: model.Checkpoint, given: bool
) -> str:
    """Return why an application has surely lost its state, empty if not.

    :param saved: the newest state of the VNFC that could be restored.
    :param taken: what the member that serves has just handed out.
    :param given: that member was given a state since it is in the group.
    """
    (before,), (now,) = saved.artifacts, taken.artifacts
    if now.imported:
        return ""
    if now.started and before.started:
        if now.started == before.started:
            return ""
        return "its application started anew and has no state"
    if before.imported:
        return "its application has not the state that it was given"
    if saved.server_id != taken.server_id and not given:
        return "its server was replaced and was given no state"
    return ""
