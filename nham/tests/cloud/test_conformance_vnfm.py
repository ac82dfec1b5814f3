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


"""``TackerVnfm`` does on a real Tacker what every VNFM driver must do."""

from __future__ import annotations

import http.server
import threading
from typing import Any
import uuid

from benchmarks.bed import vnf
from nham.adapters.vnfm import base as vnfm_base
from nham.adapters.vnfm import tacker
from nham.tests.cloud import base
from nham.tests.conformance import vnfm as suite

SUBSCRIPTIONS = "/vnflcm/v2/subscriptions"


class _Callback(http.server.BaseHTTPRequestHandler):
    """Says 204 to Tacker's test, and to its notifications."""

    def do_GET(self) -> None:
        """Answer without content."""
        self.send_response(204)
        self.end_headers()

    def do_POST(self) -> None:
        """Answer without content."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


class TackerVnfmTest(base.CloudSuite, suite.VnfmSuite):
    """A sample VNF of one VNFC."""

    tacker: vnf.Tacker

    @classmethod
    def prepare(cls) -> None:
        """See base class."""
        cls.tacker = vnf.Tacker(cls.cloud)
        made = cls.tacker.instantiate(
            cls.tacker.onboard("image", "# none\n"),
            "image",
            f"nham-conformance-{uuid.uuid4().hex[:8]}",
        )
        cls.addClassCleanup(cls.tacker.terminate, made)
        cls.instance_id = made.instance_id

    def setUp(self) -> None:
        super().setUp()
        self.vnfm: vnfm_base.Vnfm = tacker.TackerVnfm(self.cloud)

    def callback(self) -> str:
        """See base class."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Callback)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(self.unsubscribe)
        return f"http://127.0.0.1:{server.server_address[1]}/notify"

    def unsubscribe(self) -> None:
        """Remove the subscriptions of this test."""
        for one in self.tacker.call("GET", SUBSCRIPTIONS):
            if one["callbackUri"].startswith("http://127.0.0.1:"):
                self.tacker.call("DELETE", f"{SUBSCRIPTIONS}/{one['id']}")

    def subscriptions(self, callback: str) -> int:
        """See base class."""
        known = self.tacker.call("GET", SUBSCRIPTIONS)
        return sum(one["callbackUri"] == callback for one in known)

    def image(self) -> str:
        """See base class."""
        image: Any = self.cloud.image.find_image(base.IMAGE)
        return str(image.id)
