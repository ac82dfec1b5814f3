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


"""Serve the application with threads of this process."""

from __future__ import annotations

import threading

from cheroot import wsgi

from nham.api import app as app_


class Server:
    """An HTTP server that runs beside whatever else the process does.

    :param port: 0 takes any free one; see ``port``.
    :param threads: requests that are served at the same time.
    """

    def __init__(
        self, app: app_.Application, host: str, port: int, threads: int
    ) -> None:
        self._server = wsgi.Server(
            (host, port),
            app,
            numthreads=threads,
            server_name="nham-api",
            request_queue_size=128,
            shutdown_timeout=30,
        )
        self._thread = threading.Thread(
            target=self._server.serve, name="nham-api", daemon=True
        )

    @property
    def port(self) -> int:
        """The port that is listened at."""
        return int(self._server.bind_addr[1])

    def start(self) -> None:
        """Listen, and serve from now on.

        :raises OSError: if the address cannot be listened at.
        """
        self._server.prepare()
        self._thread.start()

    def stop(self) -> None:
        """Finish the requests at hand, then end."""
        self._server.stop()
        self._thread.join()
