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


"""States as bytes by the API."""

from __future__ import annotations

import random
from typing import Any

from falcon import testing

from nham import conf as nham_conf
from nham.adapters import errors as adapter_errors
from nham.adapters.hooks import http
from nham.adapters.stores import database
from nham.api import app
from nham.core import descriptor
from nham.core import model
from nham.core import states
from nham.rpc import errors
from nham.tests.unit.api import base
from nham.tests.unit.db import base as records

State = states.CheckpointState

POLICY = descriptor.ResiliencyPolicy(
    name="p",
    targets=("VDU1",),
    stateful=True,
    state_protection=descriptor.StateProtection(
        method="hook", hook=descriptor.Hook(port=8081, max_size=1_000_000)
    ),
)
#: More than the API takes in the body of any other request.
LARGE = bytes(range(250)) * 1000


class StateCase(base.ApiCase):
    """A VNF whose VNFC has a hook."""

    def setUp(self) -> None:
        super().setUp()
        self.given_vnf("v1", policies=(POLICY,))
        self.store.save_member(
            model.Member(id="m", group_id="v1-g", server_id="s")
        )
        for _ in range(2):
            self.store.next_sequence("v1-g")
        self.states = database.DatabaseStore(self.store)

    def kept(self, data: bytes = b"calls", **fields: Any) -> model.Checkpoint:
        """Keep a state as the engines do."""
        kept = self.states.put("state-2", data)
        part = model.Artifact(
            kind="state", id="state-2", digest=kept.digest, size=kept.size
        )
        values = {"artifacts": (part,), **fields}
        checkpoint = records.make_checkpoint(2, **values)
        checkpoint = model.Checkpoint(**{**vars(checkpoint), "engine": "hook"})
        self.store.add_checkpoint(checkpoint)
        return checkpoint


class ExportTest(StateCase):
    """GET /v1/checkpoints/{id}/state."""

    def test_bytes_with_their_digest(self) -> None:
        self.kept(LARGE)
        answer = self.ask("GET", "/v1/checkpoints/v1-c2/state", base.MEMBER)
        self.assertEqual((200, LARGE), (answer.status_code, answer.content))
        self.assertEqual(
            "application/octet-stream", answer.headers["content-type"]
        )
        self.assertEqual(http.digest(LARGE), answer.headers["content-digest"])

    def test_who_may_not(self) -> None:
        self.kept()
        path = "/v1/checkpoints/v1-c2/state"
        self.assert_error(
            self.ask("GET", path, base.READER), 403, "nham:checkpoint:state"
        )
        self.assert_error(
            self.ask("GET", path, base.MEMBER, "project-b"), 404, "There is no"
        )

    def test_what_holds_no_state(self) -> None:
        path = "/v1/checkpoints/v1-c1/state"
        self.assert_error(self.ask("GET", path), 409, "engine image")
        self.kept(state=State.DELETING)
        path = "/v1/checkpoints/v1-c2/state"
        self.assert_error(self.ask("GET", path), 409, "is deleting")

    def test_torn(self) -> None:
        self.kept()
        self.states.put("state-2", b"others")
        answer = self.ask("GET", "/v1/checkpoints/v1-c2/state")
        self.assert_error(answer, 409, "state-2: the state kept has sha256:")

    def test_gone(self) -> None:
        self.kept()
        self.states.delete("state-2")
        answer = self.ask("GET", "/v1/checkpoints/v1-c2/state")
        self.assert_error(answer, 409, "state-2")


class ImportTest(StateCase):
    """PUT /v1/vnfs/{id}/state."""

    def setUp(self) -> None:
        super().setUp()
        self.engine.import_vnf_state.return_value = "r1"

    def put(
        self, data: bytes = b"calls", group: str = "v1-g", **options: Any
    ) -> testing.Result:
        """Send a state."""
        return self.ask(
            "PUT",
            f"/v1/vnfs/v1/state?group={group}",
            **{"roles": base.MEMBER, "body": data, **options},
        )

    def imported(self) -> list[model.Checkpoint]:
        """Return the checkpoints that were made of what was sent."""
        return [
            one
            for one in self.store.checkpoints(vnf_id="v1")
            if one.trigger == "import"
        ]

    def test_is_kept_and_given(self) -> None:
        digest = {"Content-Digest": http.digest(LARGE)}
        answer = self.put(LARGE, headers=digest)
        self.assertEqual(202, answer.status_code, answer.text)
        (made,) = self.imported()
        self.assertEqual(
            {"checkpoint_id": made.id, "recovery_id": "r1"}, answer.json
        )
        self.engine.import_vnf_state.assert_called_once_with(made.id)
        self.assertEqual(
            (State.AVAILABLE, "hook", "s", base.NOW),
            (made.state, made.engine, made.server_id, made.cut_at),
        )
        (part,) = made.artifacts
        kept = self.states.get(part.id, str(made.digest))
        self.assertEqual(LARGE, kept)
        path = f"/v1/checkpoints/{made.id}/state"
        self.assertEqual(LARGE, self.ask("GET", path).content)

    def test_nothing_is_left_of_what_is_refused(self) -> None:
        refusal = errors.Conflict("a recovery of it is running")
        self.engine.import_vnf_state.side_effect = refusal
        self.assert_error(self.put(), 409, "a recovery of it is running")
        (made,) = self.imported()
        self.assertIs(State.DELETING, made.state)

    def test_the_store_is_down(self) -> None:
        self.replace(
            "nham.adapters.stores.database.DatabaseStore._write",
            autospec=True,
            side_effect=adapter_errors.Unavailable("disk full"),
        )
        self.assert_error(self.put(), 503, "disk full")
        (made,) = self.imported()
        self.assertIs(State.DELETING, made.state)
        self.engine.import_vnf_state.assert_not_called()

    def test_wrong_bodies(self) -> None:
        self.assert_error(self.put(b""), 411, "Content-Length: is required")
        answer = self.put(b"", headers={"Content-Length": "0"})
        self.assert_error(answer, 400, "body: must be the state")
        answer = self.put(bytes(1_000_001))
        self.assert_error(answer, 413, "body: must be of 1000000 bytes")
        answer = self.put(headers={"Content-Digest": "sha-256=:AA==:"})
        self.assert_error(answer, 400, "Content-Digest: the body has sha-256")
        answer = self.put(headers={"Content-Length": "9"})
        self.assert_error(answer, 400, "body: must be of 9 bytes")
        self.assertEqual([], self.imported())

    def test_wrong_groups(self) -> None:
        self.given_vnf("v2")
        self.assert_error(self.put(group=""), 400, "group: is required")
        self.assert_error(self.put(group="v2-g"), 404, "replica group v2-g")
        self.assert_error(self.put(group="x"), 404, "replica group x")

    def test_what_takes_no_state_in(self) -> None:
        self.store.save_vnf(records.make_vnf("v1"))
        self.assert_error(self.put(), 409, "is not hook")
        self.store.save_vnf(records.make_vnf("v1", policies=(POLICY,)))
        self.store.save_member(
            model.Member(
                id="m",
                group_id="v1-g",
                server_id="s",
                role=states.Role.FAILED,
            )
        )
        self.assert_error(self.put(), 409, "No server of VDU1-0")

    def test_a_reader_may_not(self) -> None:
        answer = self.put(roles=base.READER)
        self.assert_error(answer, 403, "nham:vnf:import_state")

    def test_other_bodies_stay_small(self) -> None:
        answer = self.ask("PUT", "/v1/vnfs/v1", body=LARGE)
        self.assertEqual(413, answer.status_code)


class LimitTest(StateCase):
    """An API that holds no more than 1000 bytes."""

    def setUp(self) -> None:
        super().setUp()
        path = self.temp_dir() / "nham.conf"
        path.write_text(
            "[api]\nauth_strategy = noauth\nmax_state_size = 1000\n"
        )
        conf = nham_conf.load([], [str(path)])
        self.app = app.make_app(conf, self.store, self.engine, lambda: 0.0)

    def test_too_large(self) -> None:
        path = "/v1/vnfs/v1/state?group=v1-g"
        answer = self.ask("PUT", path, body=bytes(1001))
        self.assert_error(answer, 413, "must be of 1000 bytes at most")
        self.kept(random.Random(1).randbytes(1001))
        answer = self.ask("GET", "/v1/checkpoints/v1-c2/state")
        self.assert_error(answer, 409, "larger than [api] max_state_size")
