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


"""Checks of NHAM's own: configuration, database, engines, secrets, states."""

from __future__ import annotations

import os

from nham.adapters import errors
from nham.adapters.hooks import secrets
from nham.adapters.plugger import unix
from nham.adapters.stores import packing
from nham.db import migration
from nham.doctor import base


def configuration(parts: base.Parts) -> base.Findings:
    """Find what is allowed, but meant for trying NHAM only."""
    conf = parts.conf
    yield base.well("configuration", "It loads, and every value is allowed.")
    if conf.api.auth_strategy == "noauth":
        yield base.warning(
            "configuration",
            "Everybody who reaches the API is an administrator.",
            "Set [api] auth_strategy to keystone.",
        )
    tacker = conf.tacker
    if tacker.enabled and not (
        tacker.subscribe and tacker.callback_password and conf.api.callback_url
    ):
        yield base.warning(
            "configuration",
            "Tacker does not notify NHAM, which sees a change after up to "
            f"{tacker.reconcile_interval:g} s.",
            "Set [api] callback_url and [tacker] callback_password.",
        )


def database(parts: base.Parts) -> base.Findings:
    """Find whether the tables are those of this version."""
    found, newest = parts.store.version(), migration.newest()
    if found == newest:
        yield base.well("database", f"Its tables are at {found}.")
    else:
        yield base.error(
            "database",
            f"Its tables are at {found or 'no revision'}; this version needs "
            f"{newest}.",
            "Run nham-manage db sync.",
        )


def engines(parts: base.Parts) -> base.Findings:
    """Find whether anybody watches."""
    since = parts.clock.now() - parts.conf.recovery.lease
    alive = parts.store.engines_alive(since)
    if alive:
        yield base.well("engines", f"{len(alive)} of them run.")
    else:
        yield base.warning(
            "engines",
            f"None was heard of within {parts.conf.recovery.lease:g} s.",
            "Start nham-engine, or nham-all-in-one.",
        )


def probe_ports(parts: base.Parts) -> base.Findings:
    """Find whether members can be asked from ports, where that is asked."""
    path = parts.conf.detection.plugger_socket
    asking = sorted(
        vnf.name
        for vnf in parts.store.vnfs()
        if any(one.detection.probe_from == "port" for one in vnf.policies)
    )
    if not path:
        if asking:
            yield base.error(
                "probe ports",
                f"Policies of {', '.join(asking)} ask for them, and nothing "
                "plugs them here.",
                "Start nham-plugger beside each engine, and name its socket "
                "as [detection] plugger_socket.",
            )
        else:
            yield base.well("probe ports", "No policy asks for any.")
        return
    plugger = unix.UnixPlugger(path)
    try:
        standing = plugger.standing()
    except errors.AdapterError as failure:
        yield base.error(
            "probe ports",
            f"{failure}.",
            "Start nham-plugger, and put NHAM's user into its [plugger] "
            "group.",
        )
    else:
        serving = [life for life in standing.lives.values() if life]
        yield base.well(
            "probe ports",
            f"{len(serving)} are plugged on {standing.host}.",
        )
    finally:
        plugger.close()


def hook_secrets(parts: base.Parts) -> base.Findings:
    """Find whether the tokens that policies name can be read, by us alone."""
    folder = parts.conf.hooks.secrets_dir
    hooks = (
        policy.state_protection.hook
        for vnf in parts.store.vnfs()
        for policy in vnf.policies
    )
    wanted = {hook.token for hook in hooks if hook and hook.token}
    kept = set(os.listdir(folder)) if os.path.isdir(folder) else set()
    names = sorted(wanted | {one for one in kept if one[0] != "."})
    for name in names:
        try:
            secrets.read(folder, name)
        except errors.Refused as failure:
            yield base.error(
                "secrets",
                f"{failure}.",
                f"Put the token into {folder}/{name}, and let NHAM's own user "
                "and group alone read it.",
            )
        else:
            yield base.well("secrets", f"{name} can be read, by us alone.")
    if not names:
        yield base.well("secrets", "No policy names any.")


def states(parts: base.Parts) -> base.Findings:
    """Find whether the states of VNFs can be kept, and closed to others."""
    own = parts.conf.stores
    if own.key_file:
        try:
            packing.read_key(own.key_file)
        except errors.Refused as failure:
            yield base.error(
                "state store",
                f"{failure}.",
                "Make a key with openssl rand -base64 32, the same for all "
                "engines, and chmod 600 it.",
            )
        else:
            yield base.well("state store", "It has a key to encrypt with.")
    if own.driver == "database":
        yield base.well("state store", "It is the database.")
    elif _writable(own.folder):
        yield base.well("state store", f"{own.folder} can be written to.")
    else:
        yield base.error(
            "state store",
            f"{own.folder} cannot be written to.",
            "Give the folder to NHAM's user, or name another one as [stores] "
            "folder.",
        )


def _writable(folder: str) -> bool:
    """Say whether a folder can be written to, or made where it is not."""
    path = os.path.abspath(folder)
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return os.path.isdir(path) and os.access(path, os.W_OK | os.X_OK)
