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

"""The engine ``hook``: the VNF exports and imports its state itself.

Source: NHAM paper 3.2, ``export_vnf_state`` and ``import_vnf_state``. A
checkpoint is bytes in one of NHAM's own stores; what they mean is the
VNF's affair.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Sequence

from nham.adapters import errors
from nham.adapters.checkpoints import base
from nham.adapters.hooks import base as hooks
from nham.adapters.stores import base as stores
from nham.adapters.vim import base as vim_base
from nham.core import model

#: Where a server's hook is, and how many bytes of state are too many.
Locate = Callable[[str], tuple[hooks.Endpoint, int]]


class HookEngine(base.CheckpointEngine):
    """Checkpoints of application state.

    :param locate: finds the hook of a server by its id.
    """

    name = "hook"

    def __init__(
        self,
        vim: vim_base.Vim,
        hook: hooks.Hook,
        store: stores.Store,
        locate: Locate,
    ) -> None:
        super().__init__(vim)
        self._hook = hook
        self._store = store
        self._locate = locate

    def begin(
        self, server: vim_base.Server, name: str, hold: int = 0
    ) -> tuple[model.Artifact, ...]:
        """See base class; the state is there when this returns."""
        endpoint, max_size = self._locate(server.id)
        exported = self._hook.export_state(endpoint, max_size, hold)
        kept = self._store.put(name, exported.data)
        return (
            model.Artifact(
                kind="state",
                id=name,
                digest=kept.digest,
                size=kept.size,
                pause=exported.pause,
                held=exported.held,
                started=exported.started,
                imported=exported.imported,
            ),
        )

    def find(self, name: str) -> tuple[model.Artifact, ...]:
        """See base class."""
        return (model.Artifact(kind="state", id=name),)

    def look(
        self, artifacts: Sequence[model.Artifact]
    ) -> tuple[model.Artifact, ...] | None:
        """See base class; what has a digest was kept whole."""
        if not all(part.digest for part in artifacts):
            raise errors.Refused("the state was not kept whole")
        return tuple(artifacts)

    def usable(self, checkpoint: model.Checkpoint) -> str:
        """See base class; the bytes are proved when they are given."""
        return "" if checkpoint.digest else "it has no digest"

    def restore_image(self, checkpoint: model.Checkpoint) -> str | None:
        """See base class; there is no image in it."""
        raise errors.Refused("a state is no disk: the VNF imports it")

    def holds(self, checkpoint: model.Checkpoint, server_id: str) -> bool:
        """See base class; the application itself is asked."""
        (part,) = checkpoint.artifacts
        endpoint, _max_size = self._locate(server_id)
        try:
            took = self._hook.imported(endpoint)
        except errors.Refused:
            return False
        return bool(part.digest) and took == part.digest

    def give(
        self, checkpoint: model.Checkpoint, server_id: str, sender: str
    ) -> None:
        """See base class."""
        (part,) = checkpoint.artifacts
        data = self._store.get(part.id, str(part.digest))
        self.import_state(server_id, data, sender)

    def export_state(self, server_id: str) -> bytes:
        """See base class."""
        endpoint, max_size = self._locate(server_id)
        return self._hook.export_state(endpoint, max_size).data

    def import_state(self, server_id: str, data: bytes, sender: str) -> None:
        """See base class."""
        endpoint, _max_size = self._locate(server_id)
        self._hook.import_state(endpoint, data, sender)

    def delete(self, artifacts: Sequence[model.Artifact]) -> None:
        """See base class."""
        for part in artifacts:
            self._store.delete(part.id)
