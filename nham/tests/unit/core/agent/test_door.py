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

from nham.core.agent import door
from nham.core.agent import wire
from nham.tests import base

RING = wire.KeyRing((("k1", b"1" * 32), ("k2", b"2" * 32)))
SECRET = b"1" * 32
NONCE = bytes(range(32))


def talk(said: bytes = bytes(32)) -> tuple[door.Frames, door.Frames]:
    """Return the frames of an engine and of an agent that met."""
    greeted = door.greeting(RING, NONCE)
    answer = door.welcome(SECRET, greeted, said)
    return (
        door.Frames(door.Side.ENGINE, SECRET, greeted, answer),
        door.Frames(door.Side.AGENT, SECRET, greeted, answer),
    )


def sealed(frames: door.Frames, content: bytes) -> bytes:
    """Return a frame in one piece."""
    return b"".join(frames.seal(door.Kind.STATE, content))


def opened(frames: door.Frames, frame: bytes) -> tuple[door.Kind, bytes]:
    """Return what a frame in one piece holds."""
    head, body = frame[: door.HEAD], frame[door.HEAD :]
    if frames.size(head) != len(body):
        raise door.Wrong("size")
    return frames.open(head, body)


class GreetingTest(base.TestCase):
    """How both sides prove that they have a key."""

    def test_both_prove_it(self) -> None:
        greeted = door.greeting(RING, NONCE)
        start = greeted[: door.GREETING_START]
        self.assertEqual(len(greeted), door.greeting_size(start))
        self.assertEqual(SECRET, door.secret_of(RING, greeted))
        turned = wire.KeyRing(RING.keys[::-1])
        self.assertEqual(SECRET, door.secret_of(turned, greeted))
        said = door.welcome(SECRET, greeted, bytes(32))
        self.assertEqual(door.WELCOME, len(said))
        door.check_welcome(SECRET, greeted, said)

    def test_each_changed_byte_is_seen(self) -> None:
        greeted = door.greeting(RING, NONCE)
        for at in range(door.GREETING_START, len(greeted)):
            changed = bytearray(greeted)
            changed[at] ^= 1
            self.assertRaises(door.Wrong, door.secret_of, RING, bytes(changed))
        said = door.welcome(SECRET, greeted, bytes(32))
        for at in range(len(said)):
            changed = bytearray(said)
            changed[at] ^= 1
            self.assertRaises(
                door.Wrong,
                door.check_welcome,
                SECRET,
                greeted,
                bytes(changed),
            )

    def test_a_welcome_of_another_connection(self) -> None:
        said = door.welcome(SECRET, door.greeting(RING, NONCE), bytes(32))
        other = door.greeting(RING, bytes(32))
        self.assertRaises(door.Wrong, door.check_welcome, SECRET, other, said)

    def test_what_is_no_greeting(self) -> None:
        for start in (b"", b"GET /", b"NHD2\x02", b"NHD1"):
            self.assertRaises(door.Wrong, door.greeting_size, start)


class FramesTest(base.TestCase):
    """What is left out, doubled, turned round or changed is not believed."""

    def test_in_order(self) -> None:
        engine, agent = talk()
        for content in (b"", b"one", bytes(door.MAX_FRAME)):
            frame = sealed(engine, content)
            self.assertEqual((door.Kind.STATE, content), opened(agent, frame))
            frame = sealed(agent, content)
            self.assertEqual((door.Kind.STATE, content), opened(engine, frame))

    def test_out_of_order(self) -> None:
        engine, agent = talk()
        first, second = sealed(engine, b"1"), sealed(engine, b"2")
        self.assertRaises(door.Wrong, opened, agent, second)
        opened(agent, first)
        self.assertRaises(door.Wrong, opened, agent, first)
        opened(agent, second)

    def test_sent_back(self) -> None:
        engine, _agent = talk()
        self.assertRaises(door.Wrong, opened, engine, sealed(engine, b"1"))

    def test_recorded_of_another_connection(self) -> None:
        engine, _ = talk()
        _, agent = talk(b"x" * 32)
        self.assertRaises(door.Wrong, opened, agent, sealed(engine, b"1"))

    def test_each_changed_byte_is_seen(self) -> None:
        engine, agent = talk()
        frame = sealed(engine, b"some")
        for at in range(len(frame)):
            changed = bytearray(frame)
            changed[at] ^= 1
            self.assertRaises(door.Wrong, opened, agent, bytes(changed))
        opened(agent, frame)

    def test_sizes(self) -> None:
        engine, _ = talk()
        self.assertRaises(
            ValueError,
            engine.seal,
            door.Kind.STATE,
            bytes(door.MAX_FRAME + 1),
        )
        for size in (0, door.MAX_FRAME + 2, 2**32 - 1):
            head = size.to_bytes(4, "big") + bytes(32)
            self.assertRaises(door.Wrong, engine.size, head)


class PlaceTest(base.TestCase):
    """Where a door is."""

    def test_right(self) -> None:
        for text, found in {
            "10.0.0.1:9897": ("10.0.0.1", 9897),
            "[fd00::1]:1": ("fd00::1", 1),
        }.items():
            self.assertEqual(found, door.place(text))

    def test_wrong(self) -> None:
        for text in (
            "",
            "10.0.0.1",
            "10.0.0.1:0",
            "10.0.0.1:65536",
            "10.0.0.1:x",
            "cmp1:9897",
            "fd00::1:9897",
            "[10.0.0.1]:9897",
        ):
            error = self.assertRaises(ValueError, door.place, text)
            self.assertIn("must be address:port", str(error))
