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


from __future__ import annotations

import dataclasses

from nham.adapters import errors
from nham.adapters.checkpoints import hook as hook_engine
from nham.adapters.checkpoints import image
from nham.adapters.hooks import base as hooks
from nham.adapters.simulated import blobs
from nham.adapters.simulated import hook
from nham.core import model
from nham.tests.unit.adapters.checkpoints import test_engines
from nham.tests.unit.adapters.simulated import base


class HookEngineTest(base.WorldCase):
    """The image-backed server holds a state, the other one none."""

    def setUp(self) -> None:
        super().setUp()
        self.store = blobs.SimulatedStore()
        self.hook = hook.SimulatedHook(self.world)
        self.located: list[str] = []
        self.max_size = 100
        self.engine = hook_engine.HookEngine(
            self.vim, self.hook, self.store, self.locate
        )
        self.world.set_state(self.image_backed, b"calls")

    def locate(self, server_id: str) -> tuple[hooks.Endpoint, int]:
        """Return where a server's hook is."""
        self.located.append(server_id)
        address = self.world.address(server_id)
        endpoint = hooks.Endpoint(address=address, port=8081, timeout=2.0)
        return endpoint, self.max_size

    def begin(self, name: str = "mine") -> tuple[model.Artifact, ...]:
        """Keep the state of the image-backed server."""
        server = self.vim.server(self.image_backed)
        return self.engine.begin(server, name)

    def take(self) -> model.Checkpoint:
        """Return a whole checkpoint."""
        return test_engines.checkpoint(*self.begin())

    def give(self, checkpoint: model.Checkpoint) -> None:
        """Give a checkpoint to the volume-backed server."""
        self.engine.give(checkpoint, self.volume_backed, "VDU1-0")

    def test_from_one_to_the_other(self) -> None:
        [part] = self.begin()
        kept = self.store.put("same", b"calls")
        self.assertEqual(
            model.Artifact(
                kind="state",
                id="mine",
                digest=kept.digest,
                size=kept.size,
                pause=0.0,
                started=part.started,
            ),
            part,
        )
        self.give(test_engines.checkpoint(part))
        self.assertEqual(b"calls", self.world.state(self.volume_backed))
        self.assertEqual([self.image_backed, self.volume_backed], self.located)

    def test_from_one_to_the_other_without_a_store(self) -> None:
        data = self.engine.export_state(self.image_backed)
        self.engine.import_state(self.volume_backed, data, "VDU1-0")
        self.assertEqual(b"calls", self.world.state(self.volume_backed))
        self.assertEqual([], list(self.store.names()))
        self.max_size = 3
        self.assertRaises(
            errors.Refused, self.engine.export_state, self.image_backed
        )

    def test_which_life_it_is_of(self) -> None:
        checkpoint = self.take()
        [first] = checkpoint.artifacts
        [again] = self.begin("again")
        self.assertEqual(first.started, again.started)
        self.world.restart_app(self.image_backed)
        [other] = self.begin("other")
        self.assertNotIn(other.started, ("", first.started))
        self.assertEqual("", other.imported)
        self.engine.give(checkpoint, self.image_backed, "VDU1-0")
        [fed] = self.begin("fed")
        self.assertEqual(other.started, fed.started)
        self.assertEqual(first.digest, fed.imported)

    def test_who_has_it(self) -> None:
        checkpoint = self.take()
        server_id = self.volume_backed
        self.assertFalse(self.engine.holds(checkpoint, server_id))
        self.give(checkpoint)
        self.assertTrue(self.engine.holds(checkpoint, server_id))
        self.world.set_state(self.image_backed, b"more calls")
        newer = test_engines.checkpoint(*self.begin("newer"))
        self.assertFalse(self.engine.holds(newer, server_id))

    def test_one_that_will_not_say_has_it_not(self) -> None:
        checkpoint = self.take()
        self.give(checkpoint)
        self.replace(
            "nham.adapters.simulated.hook.SimulatedHook.imported",
            side_effect=errors.Refused("no"),
        )
        self.assertFalse(self.engine.holds(checkpoint, self.volume_backed))

    def test_whose_state_it_is(self) -> None:
        seen = []
        checkpoint = self.take()
        self.replace(
            "nham.adapters.simulated.hook.SimulatedHook.import_state",
            side_effect=lambda *args: seen.append(args[1:]),
        )
        self.give(checkpoint)
        self.assertEqual([(b"calls", "VDU1-0")], seen)

    def test_begin_again_keeps_the_newer_state(self) -> None:
        self.begin()
        self.world.set_state(self.image_backed, b"more calls")
        self.give(self.take())
        self.assertEqual(b"more calls", self.world.state(self.volume_backed))
        self.assertEqual(["mine"], self.store.names())

    def test_empty_state_is_a_state(self) -> None:
        self.world.set_state(self.image_backed, b"")
        self.world.set_state(self.volume_backed, b"old")
        self.give(self.take())
        self.assertEqual(b"", self.world.state(self.volume_backed))

    def test_refused_export_keeps_nothing(self) -> None:
        self.max_size = 4
        self.assertRaises(errors.Refused, self.begin)
        self.assertEqual([], self.store.names())

    def test_silent_member_keeps_nothing(self) -> None:
        self.world.crash_app(self.image_backed)
        self.assertRaises(errors.Unavailable, self.begin)
        self.assertEqual([], self.store.names())

    def test_hook_that_is_not_found(self) -> None:
        checkpoint = self.take()
        for error in (errors.Refused("no hook"), errors.NotFound("no way")):
            self.replace(
                "nham.tests.unit.adapters.checkpoints.test_hook"
                ".HookEngineTest.locate",
                side_effect=error,
            )
            engine = hook_engine.HookEngine(
                self.vim, self.hook, self.store, self.locate
            )
            server = self.vim.server(self.image_backed)
            self.assertRaises(type(error), engine.begin, server, "new")
            self.assertRaises(
                type(error),
                engine.give,
                checkpoint,
                self.volume_backed,
                "VDU1-0",
            )
        self.assertEqual(["mine"], self.store.names())
        self.assertEqual(b"", self.world.state(self.volume_backed))

    def test_torn_state_is_never_given(self) -> None:
        checkpoint = self.take()
        whole = self.store.blobs["mine"]
        for torn in (whole[:-1], b"", whole + b"!"):
            self.store.blobs["mine"] = torn
            self.assertRaises(errors.Refused, self.give, checkpoint)
        self.assertEqual(b"", self.world.state(self.volume_backed))
        self.assertNotIn(self.volume_backed, self.located)

    def test_another_state_under_its_name(self) -> None:
        """It is whole, but it is not what was saved."""
        checkpoint = self.take()
        self.store.put("mine", b"other")
        error = self.assertRaises(errors.Refused, self.give, checkpoint)
        self.assertIn("mine", str(error))
        self.assertEqual(b"", self.world.state(self.volume_backed))

    def test_state_that_is_gone(self) -> None:
        checkpoint = self.take()
        self.engine.delete(checkpoint.artifacts)
        self.assertRaises(errors.NotFound, self.give, checkpoint)

    def test_member_that_will_not_take_it(self) -> None:
        checkpoint = self.take()
        self.replace(
            "nham.adapters.simulated.hook.SimulatedHook.import_state",
            side_effect=errors.Refused("too new"),
        )
        self.assertRaises(errors.Refused, self.give, checkpoint)

    def test_silent_member_is_asked_again_later(self) -> None:
        checkpoint = self.take()
        self.world.crash_app(self.volume_backed)
        self.assertRaises(errors.Unavailable, self.give, checkpoint)

    def test_look_and_usable(self) -> None:
        parts = self.begin()
        self.assertEqual(parts, self.engine.look(parts))
        self.assertEqual(
            "", self.engine.usable(test_engines.checkpoint(*parts))
        )
        torn = dataclasses.replace(parts[0], digest=None)
        self.assertRaises(errors.Refused, self.engine.look, [torn])
        for bad in (
            test_engines.checkpoint(torn),
            test_engines.checkpoint(),
        ):
            self.assertEqual("it has no digest", self.engine.usable(bad))

    def test_what_an_engine_that_died_kept_is_removed(self) -> None:
        self.begin()
        self.engine.delete(self.engine.find("mine"))
        self.assertEqual([], self.store.names())
        self.engine.delete(self.engine.find("mine"))

    def test_there_is_no_image_in_it(self) -> None:
        self.assertRaises(
            errors.Refused, self.engine.restore_image, self.take()
        )

    def test_other_engines_cannot_feed(self) -> None:
        engine = image.ImageEngine(self.vim)
        error = self.assertRaises(
            errors.Refused,
            engine.give,
            test_engines.checkpoint(),
            self.volume_backed,
            "VDU1-0",
        )
        self.assertIn("image cannot feed", str(error))
