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

"""Plans of a standby that is well: park it, wake it, make its disk anew."""

from __future__ import annotations

from nham.core import model
from nham.core.decision import choice as choice_

Choice = choice_.Choice
_step = choice_.step

#: Seconds; a guest that is asked to stop and does not is stopped by force.
STOP_TIMEOUT = 150.0
#: Seconds in which Nova makes a disk anew.
_RENEW_TIME = 180.0
#: Seconds more that an image may take which is only being taken, or made
#: of the snapshot of a volume.
_IMAGE_TIME = 600.0


def wake(choice: Choice, marks: str | None = None) -> list[model.Step]:
    """Return the step that starts the standby."""
    return [
        _step(
            "start_standby",
            "Start the standby, and wait until it answers.",
            choice.member.policy.detection.boot_timeout,
            marks,
            {"member_id": choice_.standby(choice).member_id},
        )
    ]


def wake_standby(choice: Choice) -> list[model.Step]:
    """Have a standby that is parked run."""
    return wake(choice, "repaired")


def park_standby(choice: Choice) -> list[model.Step]:
    """Stop a standby that is well until it is needed."""
    return [
        _step(
            "park_standby",
            "Stop it; it is started when it is needed.",
            STOP_TIMEOUT,
            "repaired",
            {"member_id": choice_.standby(choice).member_id},
        )
    ]


def renew(choice: Choice, taking: bool = False) -> list[model.Step]:
    """Return the step that puts the state on the standby's disk, if any.

    :param taking: the checkpoint may still be being taken.
    """
    if choice.checkpoint_id is None:
        return []
    waits = taking or choice.member.volume_backed
    return [
        _step(
            "renew_standby",
            "Make the standby's disk anew from the checkpoint.",
            _RENEW_TIME + (_IMAGE_TIME if waits else 0.0),
            args={
                "member_id": choice_.standby(choice).member_id,
                "checkpoint_id": choice.checkpoint_id,
            },
        )
    ]


def refresh_standby(choice: Choice) -> list[model.Step]:
    """Have the disk of a standby that is well hold the newest state.

    One that was parked runs afterwards, so that it is known to boot from it.
    """
    return [*renew(choice), *wake(choice, "repaired")]


def rouse(choice: Choice) -> list[model.Step]:
    """Return the steps before a standby can be given its state, if any.

    Until it answers the primary is left as it is: were the standby not to
    start, nothing would have been lost.
    """
    if not choice_.standby(choice).parked:
        return []
    return [*renew(choice), *wake(choice)]


def restore(choice: Choice) -> list[model.Step]:
    """Return the steps that put the state on the disk of one that runs."""
    renewed = renew(choice)
    if choice_.standby(choice).parked or not renewed:
        return []
    return [*renewed, *wake(choice, "restored")]


def prepare(choice: Choice) -> list[model.Step]:
    """Return the steps before a planned change of who serves."""
    renewed = renew(choice, taking=True)
    if renewed:
        return [*renewed, *wake(choice, "restored")]
    return rouse(choice)
