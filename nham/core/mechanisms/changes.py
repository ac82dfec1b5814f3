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

"""Changes of role that several mechanisms share."""

from __future__ import annotations

from nham.core import states
from nham.core.mechanisms import base

_ACTIVE = states.Role.ACTIVE
_ASIDE = states.Role.ASIDE
_FAILED = states.Role.FAILED
_JOINING = states.Role.JOINING
_PRIMARY = states.Role.PRIMARY
_RETIRED = states.Role.RETIRED
_STANDBY = states.Role.STANDBY


def _change(
    before: states.Role | None, after: states.Role, step: str | None, says: str
) -> base.Transition:
    return base.Transition(before=before, after=after, step=step, says=says)


#: The VNFC that the VNFM knows comes, and is replaced.
SERVING = (
    _change(
        None, _PRIMARY, None, "A server of the VNFM's is found, and serves."
    ),
    _change(
        None,
        _PRIMARY,
        "heal_vnfc",
        "The VNFM has made a server anew; it serves in the old one's place.",
    ),
    _change(
        _PRIMARY,
        _RETIRED,
        "heal_vnfc",
        "The VNFM has made another server in its place.",
    ),
    _change(
        _PRIMARY,
        _RETIRED,
        None,
        "Somebody else had the VNFM make another server in its place.",
    ),
)

#: Members beside the primary come and go, whatever they do when whole.
BESIDE = (
    _change(
        None, _JOINING, "create_member", "NHAM makes a server on another host."
    ),
    _change(
        None,
        _JOINING,
        "create_volume",
        "NHAM makes a server on another host, its volume first.",
    ),
    _change(
        None,
        _FAILED,
        None,
        "The VNFM has made a server while another one serves; it is let in "
        "by a repair.",
    ),
    _change(
        _PRIMARY,
        _FAILED,
        "promote",
        "It is cut off, and another member serves in its place.",
    ),
    _change(
        _PRIMARY,
        _FAILED,
        None,
        "NHAM's own serves while its group is dissolved; it is removed.",
    ),
    _change(
        _FAILED,
        _JOINING,
        "admit_member",
        "It was stopped with proof, and is let into the network again.",
    ),
    _change(
        _FAILED,
        _RETIRED,
        "remove_member",
        "NHAM's own has failed; it is deleted, and another one is made.",
    ),
    _change(
        _FAILED,
        _RETIRED,
        None,
        "Its group is dissolved, or the VNFM has made another server in its "
        "place.",
    ),
    _change(
        _JOINING,
        _RETIRED,
        "remove_member",
        "NHAM's own never became whole; it is deleted, and another one is "
        "made.",
    ),
    _change(
        _JOINING,
        _RETIRED,
        None,
        "The VNFM has made another server before it was whole again.",
    ),
    _change(
        _JOINING,
        _FAILED,
        "withdraw_member",
        "The policy has no place for it any more; it is removed.",
    ),
    _change(
        _JOINING, _FAILED, None, "Its group is dissolved while it is made."
    ),
)

#: One other member waits until it is needed.
WAITING = (
    _change(
        _JOINING, _STANDBY, "join_standby", "It answers, and can take over."
    ),
    _change(
        _STANDBY, _PRIMARY, "promote", "It takes over: from now on it serves."
    ),
    _change(
        _STANDBY,
        _JOINING,
        "admit_member",
        "The VNFC that the VNFM knows was lost; it is started again.",
    ),
    _change(
        _STANDBY,
        _RETIRED,
        "remove_member",
        "NHAM's own was lost; it is deleted, and another one is made.",
    ),
    _change(
        _STANDBY,
        _RETIRED,
        None,
        "The VNFM has made another server in its place.",
    ),
    _change(
        _STANDBY,
        _FAILED,
        "withdraw_member",
        "The policy has no place for it any more; it is removed.",
    ),
    _change(_STANDBY, _FAILED, None, "Its group is dissolved."),
)

#: All members serve.
SHARING = (
    _change(
        _JOINING,
        _ACTIVE,
        "join_group",
        "It answers, has the state, and gets its share of the clients.",
    ),
    _change(
        _ACTIVE,
        _PRIMARY,
        "promote",
        "The primary has failed: from now on its state counts.",
    ),
    _change(
        _ACTIVE,
        _PRIMARY,
        None,
        "The VNFM has made another server in the primary's place: from now "
        "on its state counts.",
    ),
    _change(
        _ACTIVE,
        _FAILED,
        "fail_member",
        "It serves no more, and gets no clients.",
    ),
    _change(
        _ACTIVE,
        _FAILED,
        "withdraw_member",
        "The policy has no place for it any more; it is removed.",
    ),
    _change(_ACTIVE, _FAILED, None, "Its group is dissolved."),
    _change(
        _ACTIVE,
        _RETIRED,
        None,
        "The VNFM has made another server in its place.",
    ),
    _change(
        _ACTIVE,
        _ASIDE,
        "set_aside",
        "Its operator stopped it; clients are led to the others.",
    ),
    _change(
        _FAILED,
        _ASIDE,
        "set_aside",
        "Its operator stopped it while it was the primary; another one is.",
    ),
    _change(
        _ASIDE,
        _JOINING,
        "admit_member",
        "Its operator has started it again, or it has to be repaired.",
    ),
    _change(
        _ASIDE,
        _RETIRED,
        "remove_member",
        "NHAM's own broke while it was aside; another one is made.",
    ),
    _change(
        _ASIDE,
        _RETIRED,
        None,
        "The VNFM has made another server while it was aside.",
    ),
    _change(
        _ASIDE,
        _FAILED,
        "withdraw_member",
        "The policy has no place for it any more; it is removed.",
    ),
    _change(_ASIDE, _FAILED, None, "Its group is dissolved."),
)
