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

"""The engine as a process: a thread for each loop, pools for the rest.

A loop that fails is logged and called again; one that must not die with
the database or the cloud never does.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures
import logging
import threading

from oslo_config import cfg

from nham import metrics
from nham.adapters import clock as clock_
from nham.adapters import errors
from nham.db import errors as db_errors
from nham.db import store as store_
from nham.engine import requests
from nham.engine import wiring
from nham.rpc import server as rpc_server
from nham.rpc import transport

LOG = logging.getLogger(__name__)

#: Seconds that a loop waits after it failed, so that logs stay readable.
_BREATH = 1.0


class EngineService:
    """Runs one engine until it is told to stop.

    :cvar transport_url: the message bus; None: as configured.
    """

    transport_url: str | None = None

    def __init__(self, conf: cfg.ConfigOpts) -> None:
        self.conf = conf
        self._threads: list[threading.Thread] = []
        self._ends: list[Callable[[], None]] = []

    def start(self) -> None:
        """Start all loops.

        :raises OSError: the metrics' address cannot be listened at.
        """
        own = self.conf.metrics
        if own.bind_port:
            self._ends.append(metrics.serve(own.bind_host, own.bind_port))
        self.clock = clock_.SystemClock()
        self.store = store_.Store(self.conf.database.connection)
        self._pool = futures.ThreadPoolExecutor(
            self.conf.recovery.workers, thread_name_prefix="recovery"
        )
        self._exports = futures.ThreadPoolExecutor(
            self.conf.hooks.workers, thread_name_prefix="export"
        )
        self.transport = transport.make_transport(
            self.conf, self.transport_url
        )
        self._discover_now = threading.Event()
        self._look_now = threading.Event()
        self.engine = engine = wiring.engine(
            self.conf,
            self.store,
            self.clock,
            self._run_recovery,
            self._run_export,
            self._look_now.set,
        )
        self._ends.append(engine.context.agents.close)
        self._start_rpc()
        every = engine.settings
        self._loop("beat", 1.0, engine.beat)
        self._loop("poll", every.nova_poll_interval, engine.poll)
        self._loop("watch", every.watch_interval, self._look, self._look_now)
        self._loop("join", every.join_interval, engine.join)
        self._loop("grant", every.grant_interval, engine.grant)
        self._loop("checkpoint", every.checkpoint_tick, engine.checkpoint)
        self._loop("collect", every.reconcile_interval, engine.collect)
        self._loop(
            "discover",
            every.reconcile_interval,
            self._discover,
            self._discover_now,
        )
        LOG.info("engine %s is up", engine.id)

    def stop(self) -> None:
        """Stop all loops; what recoveries have begun another resumes."""
        self.clock.stop()
        self._discover_now.set()
        self._look_now.set()
        self._rpc_thread.join(_BREATH)
        if not self._rpc_thread.is_alive():
            # A server that never connected would keep us waiting for ever.
            self._rpc.stop()
        for thread in self._threads:
            thread.join(10.0)
        for pool in (self._pool, self._exports):
            pool.shutdown(wait=True, cancel_futures=True)
        self.engine.leave()
        self.store.close()
        for end in self._ends:
            end()
        LOG.info("engine %s is down", self.engine.id)

    def _start_rpc(self) -> None:
        endpoint = requests.Requests(self.engine, self._discover_now.set)
        self._rpc = rpc_server.make_server(
            self.transport, endpoint, self.engine.id
        )
        # A message bus that is down must not keep the engine from its
        # work; the server connects when it is back.
        self._rpc_thread = threading.Thread(
            target=self._rpc.start, name="rpc", daemon=True
        )
        self._rpc_thread.start()

    def _discover(self) -> None:
        self._discover_now.clear()
        self._subscribe()
        self.engine.discover()

    def _look(self) -> None:
        self._look_now.clear()
        self.engine.look()

    def _subscribe(self) -> None:
        """Ask Tacker to be told at once; without it the loop is enough."""
        own = self.conf.tacker
        vnfm = self.engine.context.vnfms.get("tacker")
        url = self.conf.api.callback_url
        if vnfm is None or not (own.subscribe and own.callback_password):
            return
        if not url:
            return
        try:
            vnfm.subscribe(url, own.callback_user, own.callback_password)
        except errors.AdapterError as error:
            LOG.info("no subscription at Tacker yet: %s", error)

    def _run_recovery(self, recovery_id: str) -> None:
        self._pool.submit(self._recover, recovery_id)

    def _run_export(self, job: Callable[[], None]) -> None:
        def guarded() -> None:
            try:
                job()
            except Exception:
                LOG.exception("an export stumbled")

        self._exports.submit(guarded)

    def _recover(self, recovery_id: str) -> None:
        pause = self.engine.settings.runner_poll
        while not self.clock.stopped:
            try:
                if not self.engine.advance(recovery_id):
                    return
            except db_errors.DatabaseDown as error:
                LOG.warning("recovery %s waits: %s", recovery_id, error)
            except Exception:
                LOG.exception("recovery %s stumbled", recovery_id)
                self.clock.sleep(_BREATH)
            self.clock.sleep(pause)

    def _loop(
        self,
        name: str,
        interval: float,
        call: Callable[[], object],
        wake: threading.Event | None = None,
    ) -> None:
        def run() -> None:
            while not self.clock.stopped:
                began = self.clock.monotonic()
                pause = interval
                try:
                    call()
                except db_errors.DatabaseDown as error:
                    LOG.warning("%s waits for the database: %s", name, error)
                    pause = max(pause, _BREATH)
                except Exception:
                    LOG.exception("%s stumbled", name)
                    pause = max(pause, _BREATH)
                pause -= self.clock.monotonic() - began
                if wake is not None:
                    wake.wait(max(pause, 0.0))
                else:
                    self.clock.sleep(max(pause, 0.0))

        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
