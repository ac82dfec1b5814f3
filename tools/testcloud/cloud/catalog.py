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

"""Users, roles, services and endpoints; can be run again at any time.

Run with the Python of the virtual environment.
"""

import os
import typing

import openstack

IP = os.environ["NHAM_TESTCLOUD_HOST_IP"]
PASSWORD = os.environ["NHAM_TESTCLOUD_PASSWORD"]
SERVICE_USERS = (
    "nova",
    "placement",
    "glance",
    "neutron",
    "cinder",
    "heat",
    "tacker",
    "octavia",
    "nham",
)
ENDPOINTS = (
    ("placement", "placement", f"http://{IP}:8778"),
    ("glance", "image", f"http://{IP}:9292"),
    ("nova", "compute", f"http://{IP}:8774/v2.1"),
    ("neutron", "network", f"http://{IP}:9696"),
    ("cinder", "block-storage", f"http://{IP}:8776/v3/%(project_id)s"),
    ("cinderv3", "volumev3", f"http://{IP}:8776/v3/%(project_id)s"),
    ("heat", "orchestration", f"http://{IP}:8004/v1/%(tenant_id)s"),
    ("tacker", "nfv-orchestration", f"http://{IP}:9890/"),
    ("octavia", "load-balancer", f"http://{IP}:9876"),
    # NHAM's own interface; whoever tests it starts it.
    ("nham", "nfv-ha", f"http://{IP}:9899"),
)


class Catalogue:
    """Makes what is missing in Keystone."""

    def __init__(self) -> None:
        self.identity = openstack.connect().identity
        self.roles = {role.name: role for role in self.identity.roles()}
        for name in (
            "service",
            "creator",
            "heat_stack_owner",
            "heat_stack_user",
            "load-balancer_admin",
            "load-balancer_member",
        ):
            if name not in self.roles:
                self.roles[name] = self.identity.create_role(name=name)

    def project(self, name: str) -> typing.Any:
        """Return a project, made if need be."""
        return self.identity.find_project(
            name
        ) or self.identity.create_project(name=name, domain_id="default")

    def user(self, name: str, domain: str = "default") -> typing.Any:
        """Return a user, made if need be."""
        return self.identity.find_user(
            name, domain_id=domain
        ) or self.identity.create_user(
            name=name, password=PASSWORD, domain_id=domain
        )

    def grant(
        self, project: typing.Any, user: typing.Any, *roles: str
    ) -> None:
        """Give a user roles in a project."""
        for role in roles:
            self.identity.assign_project_role_to_user(
                project, user, self.roles[role]
            )

    def system(self, user: typing.Any, role: str) -> None:
        """Give a user a role in the whole system."""
        self.identity.assign_system_role_to_user(user, self.roles[role], "all")

    def users(self) -> None:
        """Make all projects and users."""
        service = self.project("service")
        for name in SERVICE_USERS:
            self.grant(service, self.user(name), "admin", "service")
        # NHAM puts members into the pools of other projects.
        self.grant(service, self.user("nham"), "load-balancer_admin")
        self.system(self.user("glance"), "reader")
        admin = self.user("admin")
        self.grant(
            self.project("admin"),
            admin,
            "heat_stack_owner",
            "load-balancer_admin",
        )
        self.system(admin, "admin")
        self.grant(
            self.project("demo"),
            self.user("demo"),
            "member",
            "reader",
            "heat_stack_owner",
            "load-balancer_member",
        )
        domain = self.identity.find_domain(
            "heat"
        ) or self.identity.create_domain(name="heat")
        heat = self.user("heat_domain_admin", domain.id)
        self.identity.assign_domain_role_to_user(
            domain, heat, self.roles["admin"]
        )

    def endpoints(self) -> None:
        """Make all services and endpoints."""
        services = {s.name: s for s in self.identity.services()}
        there = {
            (e.service_id, e.interface) for e in self.identity.endpoints()
        }
        for name, kind, url in ENDPOINTS:
            service = services.get(name) or self.identity.create_service(
                name=name, type=kind
            )
            for interface in ("public", "internal", "admin"):
                if (service.id, interface) not in there:
                    self.identity.create_endpoint(
                        service_id=service.id,
                        interface=interface,
                        url=url,
                        region_id="RegionOne",
                    )


if __name__ == "__main__":
    catalogue = Catalogue()
    catalogue.users()
    catalogue.endpoints()
