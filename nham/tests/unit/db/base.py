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


"""A fresh store for each test, on SQLite or where the operator says.

``NHAM_TEST_MYSQL_URL`` names a database that may be emptied.
"""

from __future__ import annotations

import os
from typing import Any

from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.db import store
from nham.tests import base

MYSQL_URL = os.environ.get("NHAM_TEST_MYSQL_URL", "")


class StoreCase(base.TestCase):
    """Runs on an SQLite file; a subclass may name another database."""

    def setUp(self) -> None:
        super().setUp()
        self.url = self.make_url()
        self.store = self.another_store()
        if self.url == MYSQL_URL:
            self.store.sync("base")
        self.store.sync()

    def make_url(self) -> str:
        """Return the database to use."""
        if MYSQL_URL:
            return MYSQL_URL
        return f"sqlite:///{self.temp_dir() / 'nham.sqlite'}"

    def another_store(self) -> store.Store:
        """Return one more store on the same database."""
        another = store.Store(self.url)
        self.addCleanup(another.close)
        return another

    def given_vnf(self, name: str = "v1", **fields: Any) -> model.Vnf:
        """Save a VNF with one group and one member, and return it."""
        vnf = make_vnf(name, **fields)
        self.store.save_vnf(vnf)
        group = make_group(name)
        self.store.save_group(group)
        self.store.save_member(
            model.Member(
                id=f"{name}-m", group_id=group.id, server_id=f"{name}-s"
            )
        )
        return vnf


def make_vnf(name: str, **fields: Any) -> model.Vnf:
    """Return a VNF with a policy."""
    policy = descriptor.ResiliencyPolicy(name="p", targets=("VDU1",))
    values = {
        "source": "manual",
        "project_id": "project-a",
        "policies": (policy,),
        "created_at": 1000.5,
        **fields,
    }
    return model.Vnf(id=name, name=f"name of {name}", **values)


def make_group(vnf_id: str) -> model.Group:
    """Return the only group of that VNF."""
    return model.Group(
        id=f"{vnf_id}-g", vnf_id=vnf_id, vnfc="VDU1-0", vdu="VDU1"
    )


def make_checkpoint(
    sequence: int, vnf_id: str = "v1", **fields: Any
) -> model.Checkpoint:
    """Return an available checkpoint."""
    values = {
        "state": states.CheckpointState.AVAILABLE,
        "artifacts": (
            model.Artifact(kind="image", id="i1", digest="sha", size=7),
        ),
        **fields,
    }
    return model.Checkpoint(
        id=f"{vnf_id}-c{sequence}",
        vnf_id=vnf_id,
        group_id=f"{vnf_id}-g",
        server_id=f"{vnf_id}-s",
        engine="image",
        sequence=sequence,
        cut_at=1000.0 + sequence,
        **values,
    )


def make_recovery(
    name: str, vnf_id: str = "v1", **fields: Any
) -> model.Recovery:
    """Return a recovery of two steps that nobody has claimed yet."""
    fault = model.Fault(
        zone=descriptor.Zone.VM,
        subject="VDU1-0",
        detected_at=1763700000.123456,
        last_good_at=1763699999.5,
        evidence=("tcp: no answer",),
    )
    steps = tuple(
        model.StepRecord(
            position=position,
            step=model.Step(
                id=f"s{position}",
                action="reboot",
                note="Reboot it.",
                timeout=30.0,
                args={"hard": True},
                marks="restored",
            ),
        )
        for position in range(2)
    )
    values = {"started_at": 1763700000.2, "owner": "e1", **fields}
    return model.Recovery(
        id=name,
        vnf_id=vnf_id,
        group_id=f"{vnf_id}-g",
        epoch=0,
        fault=fault,
        rule="vm.first",
        rung="hard_reboot",
        reasons=("because",),
        refused=("heal: slower",),
        steps=steps,
        **values,
    )
