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

"""The store that the configuration names."""

from __future__ import annotations

from typing import Any

from oslo_config import cfg
from stevedore import driver

from nham.adapters.stores import base
from nham.adapters.stores import packing
from nham.db import store as store_


def load(conf: cfg.ConfigOpts, database: store_.Store) -> base.Store:
    """Return where the states that VNFs hand out are kept.

    :raises errors.Refused: the key cannot be read.
    :raises errors.Unavailable: the place cannot be made or read.
    """
    own = conf.stores
    key = packing.read_key(own.key_file) if own.key_file else None
    where = database if own.driver == "database" else own.folder
    manager: Any = driver.DriverManager(
        "nham.stores",
        own.driver,
        invoke_on_load=True,
        invoke_args=(where, key),
        warn_on_missing_entrypoint=False,
    )
    loaded: base.Store = manager.driver
    return loaded
