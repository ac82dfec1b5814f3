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

"""``nham-agent``: one small process on a compute host, beside Nova.

It says ten times each second that the host lives, tells of the death of a
guest within milliseconds, and ends guests: when an engine orders it, and by
itself when its lease has run out. What it decides is in
``nham.core.agent``; here are the sockets, processes and files.

One thread does all of it, on one selector. The hypervisor's library has a
thread of its own, and so has the resolver of names: both may hang without
a heartbeat being late.
"""
