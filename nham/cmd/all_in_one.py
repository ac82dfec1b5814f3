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

"""``nham-all-in-one``: API and engine in one process, for trying NHAM.

The database is SQLite unless another is named, and no message bus is
needed: the API reaches the engine within the process.
"""

from __future__ import annotations

from nham.api import app
from nham.api import server
from nham.cmd import engine as engine_command
from nham.engine import service as engine_service
from nham.rpc import client


class AllInOneService(engine_service.EngineService):
    """An engine with the API beside it, on a bus within the process."""

    transport_url = "fake://"

    def start(self) -> None:
        """Start the engine, then listen."""
        super().start()
        api = self.conf.api
        engine = client.EngineClient(self.transport, api.engine_timeout)
        application = app.make_app(self.conf, self.store, engine)
        self._server = server.Server(
            application, api.bind_host, api.bind_port, api.threads
        )
        self._server.start()

    def stop(self) -> None:
        """Finish the requests at hand, then stop the engine."""
        self._server.stop()
        super().stop()


def main() -> int:
    """Run both until SIGTERM; SIGHUP reads the log levels anew."""
    return engine_command.run(
        "nham-all-in-one", AllInOneService, own_database=True
    )
