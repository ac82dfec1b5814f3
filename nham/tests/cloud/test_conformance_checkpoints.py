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


"""The checkpoint engines on a real cloud."""

from __future__ import annotations

from nham.adapters.checkpoints import image
from nham.adapters.checkpoints import volume
from nham.adapters.vim import base as vim_base
from nham.adapters.vim import openstack
from nham.tests.cloud import base
from nham.tests.conformance import checkpoints as suite


class ImageEngineTest(base.CloudSuite, suite.CheckpointSuite):
    """Images of a local disk."""

    @classmethod
    def prepare(cls) -> None:
        """See base class."""
        cls.image_backed = cls.boot()

    def setUp(self) -> None:
        super().setUp()
        self.vim: vim_base.Vim = openstack.OpenStackVim(self.cloud)
        self.engine = image.ImageEngine(self.vim)
        self.server_id = self.image_backed


class VolumeEngineTest(base.CloudSuite, suite.CheckpointSuite):
    """Snapshots of a volume."""

    @classmethod
    def prepare(cls) -> None:
        """See base class."""
        cls.volume_backed = cls.boot(volume=True)

    def setUp(self) -> None:
        super().setUp()
        self.vim: vim_base.Vim = openstack.OpenStackVim(self.cloud)
        self.engine = volume.VolumeEngine(self.vim)
        self.server_id = self.volume_backed
        root = self.vim.server(self.server_id).volumes[0]
        self.trouble = self.vim.reimage_trouble(root)
        # The server must not go while its snapshots do.
        self.addCleanup(self.until, "snapshots are gone", self.clean)

    def clean(self) -> bool:
        """Say whether no snapshot of this test is left."""
        return not self.vim.find_snapshots(f"{self.name}-0")
