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

"""What the engine and the host agents say to each other: no sockets here.

``messages`` are the words, ``wire`` makes datagrams of them and back,
``replay`` tells what is new from what somebody recorded, ``refusals`` are
the reasons why a datagram is not believed. ``errands`` are the commands that
agents run in guests, ``door`` is how both sides prove themselves for them.

The lease, and why no member serves twice
=========================================

The agent keeps the guests that it was told are exclusive running only
while its lease holds. Each acknowledgement that grants ``lease`` seconds L
renews it to the moment at which the acknowledged heartbeat was *sent*, by
the agent's monotonic clock, plus L. Neither the way of the heartbeat nor
that of the answer makes it longer, and no clocks are compared.

An engine grants only while its last successful read of the hosts' records
is younger than FRESH, and the record does not say that the lease is
withdrawn. The age counts from before the read was begun until after the
heartbeat was received, so it is no matter where in between the engine stood
still. So when ``lease_withdrawn_at`` has been written into the record:

1. no engine grants any more after FRESH seconds;
2. the last heartbeat that was answered with a grant was sent before that,
   so the lease is over after L more seconds of the agent's clock, which
   may be slow by DRIFT: L / (1 - DRIFT) seconds in truth;
3. the agent then destroys its exclusive guests, by libvirt and, if that
   hangs, by killing their processes: within STOP;
4. an agent that died meanwhile cannot: then the watchdog that it no longer
   pets resets the whole host, within the seconds that its heartbeats name.

After FRESH + L / (1 - DRIFT) + STOP + WATCHDOG seconds, and by a factor of
1 + DRIFT more on the waiting engine's own monotonic clock, which may be
fast, the exclusive guests do not run: that is the proof. It is given only
for a host whose agent has said, in this life of the engine, that it holds
this engine's list of exclusive guests and that a watchdog stands behind it.

Source: C. Gray, D. Cheriton, "Leases" (SOSP 1989), with the clock
assumption of its section 5.
"""
