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

"""A calm day: ``python3 -m benchmarks.calm [--hours 24]``.

A simulated cloud in which nothing fails, with 5 % of the probes lost and
jitter. NHAM must do nothing at all; the exit code is 1 if it does. The VNFs
wish for a month between false suspicions.
"""

from __future__ import annotations

import argparse
import dataclasses
import pathlib

from benchmarks import rows
from nham.core import descriptor
from nham.core import model
from nham.engine import settings as settings_
from nham.simulate import lab as lab_

#: The share of probes that get lost, and seconds of jitter.
LOSS = 0.05
JITTER = 0.02
#: What `detection.mistake_recurrence: 30 d` chooses.
CAREFUL = descriptor.Detection(max_misses=7)
SETTINGS = settings_.Settings(
    watch_interval=0.25, host_probe_interval=1.0, checkpoint_tick=5.0
)


def recoveries(
    seconds: float,
    detection: descriptor.Detection = CAREFUL,
    loss: float = LOSS,
    seed: int = 1,
) -> list[model.Recovery]:
    """Return what NHAM did in so many simulated seconds of calm."""
    lab = lab_.Lab(seed=seed, settings=SETTINGS, loss=loss)
    lab.world.latencies = dataclasses.replace(
        lab.world.latencies, jitter=JITTER
    )
    policy = descriptor.ResiliencyPolicy(
        name="calm",
        targets=("VDU1",),
        probes=(descriptor.ProbeSpec(type="http", port=80),),
        detection=detection,
    )
    for host in ("one", "two"):
        lab.world.add_host(host)
    lab.world.add_vnf(
        "vnf",
        {"VDU1": ["one", "two"]},
        vnfd=lab_.policy_bytes({"VDU1": policy.to_dict()}),
    )
    with lab_.seeded_ids(seed):
        lab.start_engine()
        lab.run(seconds)
    return list(lab.store.recoveries())


def main() -> int:
    """Live through the day and say what NHAM did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=pathlib.Path, help="rows go here")
    args = parser.parse_args()
    found = recoveries(args.hours * 3600.0, seed=args.seed)
    print(f"{args.hours:g} h of calm, {len(found)} recoveries")
    for one in found:
        print(f"  {one.rule}: {one.rung} of {one.fault.subject}")
    if args.json:
        row = {
            "case": "calm",
            "hours": args.hours,
            "loss": LOSS,
            "jitter": JITTER,
            "seed": args.seed,
            "recoveries": len(found),
        }
        rows.save(args.json, [row])
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
