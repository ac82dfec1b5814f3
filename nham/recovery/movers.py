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

"""What moves the service address of a group, for the steps that need it."""

from __future__ import annotations

import logging

from nham.adapters import errors
from nham.adapters.traffic import base as traffic
from nham.core import model
from nham.recovery import context

LOG = logging.getLogger(__name__)


def mover_of(run: context.Run) -> traffic.Mover:
    """Return what moves the service address of a group."""
    driver = run.policy.service_address.driver
    mover = run.context.movers.get(driver)
    if mover is None:
        raise context.StepRefused(
            f"service_address.driver: this engine has no {driver}"
        )
    return mover


def lead_again(run: context.Run) -> None:
    """Lead clients to the primary if it has lost the address on its way.

    One that does not listen is not ready yet, and asked again.
    """
    service = run.group.service
    if service is None:
        return
    driver = run.policy.service_address.driver
    mover = run.context.movers.get(driver)
    if mover is None or not mover.volatile:
        return
    try:
        mover.move(service, place_of(run.primary))
    except errors.AdapterError as error:
        LOG.info("%s does not take %s: %s", driver, service.ip, error)


def revoke(run: context.Run, member: model.Member) -> None:
    """Make sure that a member which is to be the standby does not serve."""
    service = run.group.service
    if service is not None:
        mover_of(run).let_go(service, place_of(member))


def place_of(member: model.Member) -> traffic.Place:
    """Return where a member serves."""
    if member.port_id is None:
        raise context.StepFailed("the member's port is not known")
    return traffic.Place(server_id=member.server_id, port_id=member.port_id)
