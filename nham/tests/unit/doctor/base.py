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


"""Scripted parts: an installation of which every part can be broken."""

from __future__ import annotations

import dataclasses
import email.utils
from typing import Any

from nham import conf as nham_conf
from nham.adapters import errors
from nham.adapters.fencing import base as fencing_base
from nham.adapters.simulated import fencing
from nham.adapters.simulated import world as simulated
from nham.adapters.vnfm import base as vnfm
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.doctor import base as doctor
from nham.doctor import checks
from nham.simulate import memory
from nham.tests import base

SERVICES = ("nova", "neutron", "cinder", "glance", "octavia")


@dataclasses.dataclass
class Answer:
    """What is left of an HTTP answer."""

    headers: dict[str, str]


class Script:
    """Stands in for ``rest.Rest``: answers by URL, or an error for all."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.headers: dict[str, str] = {}
        self.failure: Exception | None = None

    def get(self, url: str, **_options: Any) -> Any:
        """Return what is scripted for a URL."""
        if self.failure is not None:
            raise self.failure
        return self.answers[url]

    def send(self, _method: str, _url: str, **_options: Any) -> Answer:
        """Return the headers."""
        if self.failure is not None:
            raise self.failure
        return Answer(self.headers)


class Tacker:
    """Stands in for the VNFM."""

    failure: Exception | None = None

    def vnfs(self) -> list[vnfm.VnfRecord]:
        """Return its VNFs."""
        if self.failure is not None:
            raise self.failure
        return [
            vnfm.VnfRecord(
                id=name,
                name=name,
                vnfd_id="vnfd",
                project_id="p",
                instantiated=True,
                autoheal=name == "two",
            )
            for name in ("one", "two")
        ]


def service(host: str, state: str = "up") -> dict[str, str]:
    """Return a compute service as Nova tells of it."""
    return {"host": host, "state": state, "status": "enabled"}


class DoctorCase(base.TestCase):
    """Two hosts, no VNF, nothing wrong."""

    def setUp(self) -> None:
        super().setUp()
        self.world = simulated.World(seed=1)
        for name in ("one", "two"):
            self.world.add_host(name)
        self.store = memory.Memory().store
        self.addCleanup(self.store.close)
        self.store.engine_beat("e", "here", self.world.clock.now())
        self.conf = nham_conf.load([], default_config_files=[])
        self.set("tacker", "callback_password", "secret")
        self.set("api", "callback_url", "http://here/v1/tacker/notifications")
        self.set("hooks", "secrets_dir", str(self.temp_dir()))
        self.roles = ["admin", "service"]
        self.scripts = {name: Script({}) for name in SERVICES}
        self.scripts["nova"].answers = {
            "/": {"version": {"version": "2.96"}},
            "/os-services": {"services": [service("one"), service("two")]},
        }
        self.tell_time(0.0)
        self.scripts["neutron"].answers = {
            "/extensions": {"extensions": [{"alias": "router"}]},
            "/ports": {"ports": []},
        }
        self.scripts["cinder"].answers = {
            "/scheduler-stats/get_pools": {"pools": [{}]}
        }
        self.scripts["glance"].answers = {"/images": {"images": []}}
        self.scripts["octavia"].answers = {"/lbaas/pools": {"pools": []}}
        self.means: list[fencing_base.HostFencing] = [
            fencing.SimulatedFencing(self.world)
        ]
        self.tacker: Any = Tacker()

    def set(self, section: str, option: str, value: Any) -> None:
        """Set an option."""
        self.conf.set_override(option, value, group=section)

    def tell_time(self, ahead: float) -> None:
        """Let Nova's clock be ahead of ours by so many seconds."""
        now = int(self.world.clock.now()) + ahead
        date = email.utils.formatdate(now, usegmt=True)
        self.scripts["nova"].headers["Date"] = date

    def parts(self) -> doctor.Parts:
        """Return what the checks look at."""
        services: Any = self.scripts
        return doctor.Parts(
            conf=self.conf,
            store=self.store,
            services=services,
            roles=lambda: self.roles,
            fencing=self.means,
            vnfm=self.tacker,
            clock=self.world.clock,
        )

    def found(self, name: str) -> list[doctor.Finding]:
        """Return what one check finds."""
        return list(checks.CHECKS[name](self.parts()))

    def trouble(self, name: str) -> list[tuple[str, str]]:
        """Return level and text of what one check finds wrong."""
        for finding in self.found(name):
            wrong = finding.level is not doctor.Level.OK
            self.assertEqual(wrong, bool(finding.advice), str(finding))
        return [
            (finding.level.value, finding.text)
            for finding in self.found(name)
            if finding.level is not doctor.Level.OK
        ]

    def cut(self, name: str) -> None:
        """Let a service give no answer."""
        self.scripts[name].failure = errors.Unavailable("no route")

    def add_vnf(self, policy: descriptor.ResiliencyPolicy) -> None:
        """Add a VNF with a standby to the record."""
        self.store.save_vnf(
            model.Vnf(
                id="v",
                name="web",
                source="manual",
                project_id="p",
                policies=(policy,),
                state=states.VnfState.PROTECTED,
            )
        )
        self.store.save_group(
            model.Group(id="g", vnf_id="v", vnfc="VDU1-0", vdu="VDU1")
        )
        for role, host in (("primary", "one"), ("standby", "two")):
            self.store.save_member(
                model.Member(
                    id=role,
                    group_id="g",
                    server_id=f"server-{role}",
                    role=states.Role(role),
                    host=host,
                )
            )
