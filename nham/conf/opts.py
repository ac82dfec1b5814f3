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


"""All options of NHAM, one module for each section."""

from __future__ import annotations

from collections.abc import Iterator
import itertools

from keystoneauth1 import loading
from oslo_config import cfg

from nham.conf import agent
from nham.conf import agent_host
from nham.conf import api
from nham.conf import base
from nham.conf import checkpoints
from nham.conf import cloud
from nham.conf import database
from nham.conf import detection
from nham.conf import fencing
from nham.conf import fencing_command
from nham.conf import fencing_ipmi
from nham.conf import fencing_redfish
from nham.conf import guards
from nham.conf import hooks
from nham.conf import metrics
from nham.conf import plugger
from nham.conf import recovery
from nham.conf import stores
from nham.conf import tacker

_MODULES = (
    base,
    database,
    api,
    cloud,
    tacker,
    detection,
    plugger,
    agent,
    agent_host,
    guards,
    recovery,
    checkpoints,
    hooks,
    stores,
    fencing,
    fencing_command,
    fencing_redfish,
    fencing_ipmi,
    metrics,
)


def sections() -> Iterator[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """Yield each section with its options."""
    for module in _MODULES:
        yield module.GROUP, module.OPTS


def list_opts() -> list[tuple[cfg.OptGroup, list[cfg.Opt]]]:
    """Return all options, for the generator of the sample file.

    Those of the password plugin stand for the plugin that is chosen.
    """
    listed = [(group, list(opts)) for group, opts in sections()]
    password = loading.get_auth_plugin_conf_options("password")
    return [
        (group, list(itertools.chain(opts, password)))
        if group is cloud.GROUP
        else (group, opts)
        for group, opts in listed
    ]
