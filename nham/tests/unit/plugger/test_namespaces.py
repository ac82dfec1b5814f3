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

"""Namespaces by their names; entering one is a test of its own, with root."""

from __future__ import annotations

from nham.plugger import namespaces
from nham.tests import base


class NamespacesTest(base.TestCase):
    """Their names, and the way in and back."""

    def setUp(self) -> None:
        super().setUp()
        self.run_ = self.replace("nham.plugger.commands.run")
        self.folder = self.temp_dir()
        self.spaces = namespaces.Namespaces("nham-", self.folder)
        self.addCleanup(self.spaces.close)

    def test_those_of_others_are_left_alone(self) -> None:
        for name in ("nham-b", "nham-a", "qrouter-1"):
            (self.folder / name).touch()
        self.assertEqual(["a", "b"], self.spaces.names())

    def test_made_once(self) -> None:
        self.spaces.make("a")
        self.run_.assert_called_once_with("ip", "netns", "add", "nham-a")
        (self.folder / "nham-a").touch()
        self.spaces.make("a")
        self.run_.assert_called_once()

    def test_removed_once(self) -> None:
        self.spaces.remove("a")
        self.run_.assert_not_called()
        (self.folder / "nham-a").touch()
        self.spaces.remove("a")
        self.run_.assert_called_once_with("ip", "netns", "del", "nham-a")

    def test_another_one_has_another_life(self) -> None:
        (self.folder / "nham-a").touch()
        (self.folder / "nham-b").touch()
        self.assertNotEqual(self.spaces.life("a"), self.spaces.life("b"))
        self.assertRaises(OSError, self.spaces.life, "c")

    def test_nothing_is_done_where_there_is_none(self) -> None:
        self.assertRaises(OSError, self.spaces.inside, "a", self.fail)

    def test_nothing_is_done_without_the_right_to_enter(self) -> None:
        # What is no namespace cannot be entered by anybody.
        (self.folder / "nham-a").touch()
        self.assertRaises(OSError, self.spaces.inside, "a", self.fail)

    def test_a_thread_that_cannot_come_back_ends_all(self) -> None:
        (self.folder / "nham-a").touch()
        self.replace(
            "nham.plugger.namespaces._enter", side_effect=[None, OSError()]
        )
        ended = self.replace("os._exit")
        self.assertEqual(5, self.spaces.inside("a", lambda: 5))
        ended.assert_called_once_with(70)

    def test_one_comes_back_after_a_failure_too(self) -> None:
        (self.folder / "nham-a").touch()
        enter = self.replace("nham.plugger.namespaces._enter")

        def fail() -> None:
            raise KeyError("inside")

        self.assertRaises(KeyError, self.spaces.inside, "a", fail)
        self.assertEqual(2, enter.call_count)
