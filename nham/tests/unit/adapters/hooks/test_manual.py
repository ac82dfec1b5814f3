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


"""What the authors of VNFs are told is what the code does."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import pathlib
import textwrap
from typing import Any

import yaml

from nham.adapters import errors
from nham.adapters.hooks import base as hooks_base
from nham.adapters.hooks import http
from nham.adapters.hooks import wire
from nham.tests import base

_DOC = pathlib.Path(__file__).parents[5] / "doc/source"
_PORT = '("", 8090)'


class ManualCase(base.TestCase):
    """Reads a file of the documentation."""

    def read(self, name: str) -> str:
        """Return its text."""
        path = _DOC / name
        if not path.exists():
            self.skipTest("the manual is not beside the installed package")
        return path.read_text()


class OpenApiTest(ManualCase):
    """``hook.yaml``."""

    def setUp(self) -> None:
        super().setUp()
        self.text = self.read("_static/hook.yaml")
        self.api: dict[str, Any] = yaml.safe_load(self.text)

    def resolve(self, part: Any) -> Any:
        """Return the part with all references replaced."""
        if isinstance(part, list):
            return [self.resolve(each) for each in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            found: Any = self.api
            for key in part["$ref"].removeprefix("#/").split("/"):
                found = found[key]
            return self.resolve(found)
        return {key: self.resolve(each) for key, each in part.items()}

    def test_version(self) -> None:
        self.assertEqual("3.1.0", self.api["openapi"])

    def test_paths(self) -> None:
        endpoint = hooks_base.Endpoint(address="::1", port=1)
        self.assertIn("get", self.api["paths"][endpoint.export_path])
        self.assertIn("post", self.api["paths"][endpoint.import_path])

    def test_export(self) -> None:
        asked = self.resolve(self.api["paths"]["/nham/state"]["get"])
        (hold,) = asked["parameters"]
        self.assertEqual((http.HOLD, False), (hold["name"], hold["required"]))
        answers = asked["responses"]
        good = answers.pop(str(http.EXPORTED))
        self.assertEqual(
            {
                http.DIGEST,
                http.PAUSE,
                http.HOLD,
                http.STARTED,
                http.IMPORTED_DIGEST,
            },
            set(good["headers"]),
        )
        self.assertEqual([http.MEDIA_TYPE], list(good["content"]))
        (shown,) = good["headers"][http.DIGEST]["schema"]["examples"]
        self.assertEqual(http.digest(b'{"hello": "world"}\n'), shown)
        self.assertEqual({"401", "403", "4XX", "5XX"}, set(answers))

    def test_imported(self) -> None:
        answers = self.resolve(self.api["paths"]["/nham/state"]["head"])[
            "responses"
        ]
        for status in ("200", "204"):
            headers = answers[status]["headers"]
            self.assertEqual(
                {http.STARTED, http.IMPORTED_DIGEST}, set(headers)
            )

    def test_import(self) -> None:
        call = self.resolve(self.api["paths"]["/nham/state"]["post"])
        names = {each["name"] for each in call["parameters"]}
        self.assertEqual({http.DIGEST, http.SENDER}, names)
        self.assertEqual(
            [http.MEDIA_TYPE], list(call["requestBody"]["content"])
        )
        good = {key for key in call["responses"] if key.startswith("2")}
        self.assertEqual({str(status) for status in http.IMPORTED}, good)

    def test_claim(self) -> None:
        endpoint = hooks_base.Endpoint(address="::1", port=1)
        calls = self.api["paths"][f"{endpoint.claim_path}/{{address}}"]
        self.assertLessEqual({"put", "get", "delete"}, set(calls))
        for name in ("put", "get", "delete"):
            answers = self.resolve(calls[name]["responses"])
            self.assertLessEqual(
                {str(status) for status in http.IMPORTED}, set(answers)
            )
            self.assertIs(name != "put", str(http.GONE) in answers)


class PageTest(ManualCase):
    """``hook.rst``."""

    def setUp(self) -> None:
        super().setUp()
        self.text = self.read("hook.rst")

    def test_names(self) -> None:
        for word in (
            http.DIGEST,
            http.PAUSE,
            http.HOLD,
            http.IMPORTED_DIGEST,
            http.STARTED,
            http.SENDER,
            http.MEDIA_TYPE,
        ):
            self.assertIn(word, self.text)
        for status in http.IMPORTED:
            self.assertIn(f"``{status}``", self.text)
        self.assertEqual(64 * 1024, wire.OVERHEAD)
        self.assertIn("twice that and 64 KiB", self.text)

    def test_the_example_works(self) -> None:
        application = self.run_example()
        address, port = application["server"].server_address
        endpoint = hooks_base.Endpoint(
            address=address, port=port, token="s3cret", timeout=20.0
        )
        hook = http.HttpHook()
        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual("", hook.imported(endpoint))
            hook.import_state(endpoint, b'{"a": 1}', "m1")
            self.assertEqual({"a": 1}, application["state"])
            said = hashlib.sha256(b'{"a": 1}').hexdigest()
            self.assertEqual(f"sha256:{said}", hook.imported(endpoint))
            application["state"]["b"] = 2
            exported = hook.export_state(endpoint, 1000)
            self.assertEqual(f"sha256:{said}", exported.imported)
            self.assertEqual(application["started"], exported.started)
            self.assertEqual({"a": 1, "b": 2}, json.loads(exported.data))
            other = dataclasses.replace(endpoint, token="other")
            for ask in (
                lambda: hook.import_state(other, b"{}", "m1"),
                lambda: hook.export_state(other, 1000),
            ):
                failure = self.assertRaises(errors.Refused, ask)
                self.assertIn("the token is not the right one", str(failure))
            self.replace("nham.adapters.hooks.http.digest", return_value="x")
            failure = self.assertRaises(
                errors.Refused, hook.import_state, endpoint, b"{}", "m1"
            )
        self.assertIn("the state is damaged", str(failure))
        self.assertEqual({"a": 1, "b": 2}, application["state"])

    def run_example(self) -> dict[str, Any]:
        """Start the application of the page on a free port."""
        _, _, rest = self.text.partition(".. code-block:: python\n")
        code, _, _ = rest.partition("\nTry it")
        self.assertIn(_PORT, code)
        code = code.replace(_PORT, '("127.0.0.1", 0)')
        names: dict[str, Any] = {"__name__": "example"}
        exec(textwrap.dedent(code), names)
        self.addCleanup(names["server"].server_close)
        self.addCleanup(names["server"].shutdown)
        return names
