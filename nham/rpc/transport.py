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


"""The message bus, as oslo.messaging's own options describe it."""

from __future__ import annotations

import contextlib
import importlib

from oslo_config import cfg
import oslo_messaging

#: oslo.messaging makes these options known to the global configuration
#: only, but reads them from the one that it was handed.
_FORGOTTEN = {
    "oslo_messaging_metrics": "oslo_messaging._metrics.client",
    "oslo_messaging_tracing": "oslo_messaging._tracing.client",
}


def make_transport(
    conf: cfg.ConfigOpts, url: str | None = None
) -> oslo_messaging.Transport:
    """Return a transport; nothing is connected to yet.

    :param url: None takes ``transport_url`` of the configuration;
        ``fake://`` stays within this process.
    """
    for group, module in _FORGOTTEN.items():
        # Not every release has both.
        with contextlib.suppress(ImportError):
            options = getattr(importlib.import_module(module), group)
            conf.register_opts(options, group=group)
    return oslo_messaging.get_rpc_transport(conf, url)
