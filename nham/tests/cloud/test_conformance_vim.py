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


"""``OpenStackVim`` does on a real cloud what every VIM driver must do."""

from __future__ import annotations

from typing import Any

from nham.adapters.vim import base as vim_base
from nham.adapters.vim import openstack
from nham.tests.cloud import base
from nham.tests.conformance import vim as suite

EXTERNAL = "public"


class OpenStackVimTest(base.CloudSuite, suite.VimSuite):
    """Nova, Glance, Cinder and Neutron."""

    @classmethod
    def prepare(cls) -> None:
        """See base class."""
        cls.image_backed = cls.boot()
        cls.volume_backed = cls.boot(volume=True)

    def setUp(self) -> None:
        super().setUp()
        self.vim: vim_base.Vim = openstack.OpenStackVim(self.cloud)
        self.user_id = str(self.cloud.current_user_id)

    def new_server(self) -> str:
        """See base class."""
        return self.boot()

    def new_floating_ip(self) -> str:
        """See base class."""
        api: Any = self.cloud.network
        external = api.find_network(EXTERNAL)
        return str(api.create_ip(floating_network_id=external.id).id)
