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

"""Starts services and waits until they answer."""

import contextlib
import os
import time

from tc import services
from tc import settings


def forget_neutron_start() -> None:
    """Remove neutron's marks of start time, which name a parent's pid.

    Marks left by dead processes would be believed when a number comes
    round again.
    """
    for name in os.listdir("/tmp"):
        if name.startswith(("neutron_start_time", "neutron_first_worker")):
            with contextlib.suppress(OSError):
                os.unlink(f"/tmp/{name}")


def ensure(
    wanted: list[services.Service],
    timeout: float = 120,
    unhurried: tuple[str, ...] = (),
) -> None:
    """Start what does not run and wait until all of it answers.

    What is ``unhurried`` is started but not waited for.
    """
    for service in wanted:
        if service.name == "neutron-api" and not service.process().pid():
            forget_neutron_start()
        if service.process().pid() and not settle(service, 15):
            # It runs but does not answer: a restart is the only cure.
            service.process().kill()
        service.start()
    deadline = time.monotonic() + timeout
    for service in wanted:
        if service.name not in unhurried:
            wait_healthy(service, deadline)


def settle(service: services.Service, seconds: float) -> bool:
    """Wait a little for a running service to answer."""
    deadline = time.monotonic() + seconds
    while not service.healthy():
        if time.monotonic() > deadline or not service.process().pid():
            return False
        time.sleep(0.3)
    return True


def wait_healthy(service: services.Service, deadline: float) -> None:
    """Wait until a service answers; fail if it died or takes too long."""
    log = service.process().log
    while not service.healthy():
        if not service.process().pid():
            raise settings.Failure(f"{service.name} ended at once", log)
        if time.monotonic() > deadline:
            raise settings.Failure(f"{service.name} does not answer", log)
        time.sleep(0.2)
