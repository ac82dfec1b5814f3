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

"""The watch: who is asked, and what is believed of each.

One prober serves all; the watch only routes what it saw to a tracker per
target and judges. It may be used from several threads.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Sequence
import dataclasses
import threading

from nham.adapters import clock as clock_
from nham.adapters.probes import base as probes
from nham.adapters.vim import base as vim_base
from nham.core import descriptor
from nham.core import facts
from nham.core.detection import estimators
from nham.core.detection import tracker as detection_
from nham.engine import settings as settings_
from nham.recovery import context
from nham.recovery import endpoints

Health = facts.Health


@dataclasses.dataclass(frozen=True, kw_only=True)
class Watched:
    """A member that is to be watched.

    :ivar group_id: what it is known by, see ``context.subject``.
    :ivar answered: it has answered before, perhaps another engine.
    """

    group_id: str
    policy: descriptor.ResiliencyPolicy
    addresses: tuple[vim_base.Address, ...]
    answered: bool = False


@dataclasses.dataclass
class _Entry:
    target: probes.Target
    tracker: detection_.Tracker
    detection: descriptor.Detection
    subject: str
    icmp: bool
    judgement: detection_.Judgement | None = None


class Watch:
    """Believes something of each member and host."""

    def __init__(
        self,
        prober: probes.Prober,
        clock: clock_.Clock,
        settings: settings_.Settings,
    ) -> None:
        self._prober = prober
        self._clock = clock
        self._settings = settings
        self._lock = threading.RLock()
        self._entries: dict[str, _Entry] = {}
        self._members: dict[str, Watched] = {}
        self._hosts: dict[str, str] = {}
        self._by_subject: dict[str, list[_Entry]] = {}
        self._doubted: frozenset[str] = frozenset()
        self._stale: set[str] = set()

    def set_members(self, members: Iterable[Watched]) -> None:
        """Watch these members and no others."""
        with self._lock:
            wanted = {member.group_id: member for member in members}
            if wanted != self._members:
                self._members = wanted
                self._rebuild()

    def set_hosts(self, hosts: dict[str, str]) -> None:
        """Watch these hosts (name -> address) and no others."""
        with self._lock:
            if self._settings.host_probe == "none":
                hosts = {}
            if hosts != self._hosts:
                self._hosts = dict(hosts)
                self._rebuild()

    def tick(self) -> None:
        """Take in what the prober saw and judge every target."""
        with self._lock:
            for seen in self._prober.collect():
                entry = self._entries.get(seen.key)
                if entry is not None:
                    _take(entry.tracker, seen)
            now = self._clock.monotonic()
            lag = self._prober.lag()
            for entry in self._entries.values():
                before = entry.judgement
                entry.judgement = entry.tracker.judge(now, lag)
                if entry.icmp and before and _is_back(before, entry.judgement):
                    self._back(entry.subject, before)
            self._hurry()

    def _hurry(self) -> None:
        """Have those asked sooner that have just missed an answer."""
        doubted = frozenset(
            key
            for key, entry in self._entries.items()
            if entry.judgement and entry.judgement.health is Health.SLOW
        )
        if doubted != self._doubted:
            self._doubted = doubted
            self._prober.hurry(doubted)

    def _back(self, group_id: str, before: detection_.Judgement) -> None:
        """See to the applications of a guest that answers again.

        :param before: what was believed of the guest until now.
        """
        if before.health is Health.DEAD:
            self._let_boot(group_id)
            return
        for entry in self._by_subject[group_id]:
            if not entry.icmp and before.last_good_at is not None:
                entry.tracker.forgive(before.last_good_at)

    def _let_boot(self, group_id: str) -> None:
        """Give the application of a guest that is back time to boot.

        The guest may have restarted by itself, or we were blind; either
        way what its application missed meanwhile says nothing any more.
        """
        member = self._members[group_id]
        by = self._clock.monotonic() + member.policy.detection.boot_timeout
        for entry in self._by_subject[group_id]:
            judged = entry.judgement
            if not entry.icmp and judged and judged.health is Health.DEAD:
                entry.tracker.restart(by)
                entry.judgement = None

    @property
    def late(self) -> bool:
        """The prober itself is late, so its silence proves nothing."""
        return self._prober.lag() > self._settings.observer_lag

    def view(self, group_id: str) -> context.MemberView:
        """Return what is believed of a group's member."""
        with self._lock:
            entries = self._by_subject.get(group_id, [])
            last = [
                e.judgement.last_good_at
                for e in entries
                if e.judgement
                and e.judgement.last_good_at is not None
                and (not e.icmp or len(entries) == 1)
            ]
            return context.MemberView(
                app=_worst([e for e in entries if not e.icmp]),
                icmp=_worst([e for e in entries if e.icmp]),
                last_good_at=self._wall(max(last)) if last else None,
                probed=bool(entries),
                stale=group_id in self._stale,
                evidence=tuple(
                    f"{e.target.kind} {e.target.address}: "
                    f"{e.judgement.evidence}"
                    for e in entries
                    if e.judgement
                ),
            )

    def host_health(self, name: str) -> Health:
        """Return what NHAM's own probe says of a host."""
        with self._lock:
            return _worst(self._by_subject.get(f"host/{name}", []))

    def expect(self, group_id: str) -> None:
        """Forget what was seen of a member: it is being started anew.

        It counts as dead once more if it has not answered when the
        policy's time to boot is over.
        """
        with self._lock:
            member = self._members.get(group_id)
            if member is None:
                return
            boot = member.policy.detection.boot_timeout
            for entry in self._by_subject.get(group_id, []):
                entry.tracker.restart(self._clock.monotonic() + boot)
                entry.judgement = None

    def refresh(self, group_id: str) -> None:
        """Ask for the member's addresses to be looked up again.

        One of them may lead elsewhere by now, so it is asked anew.
        """
        with self._lock:
            self._stale.add(group_id)
            self._prober.renew()

    def stale(self) -> frozenset[str]:
        """Return the groups whose addresses are to be looked up again."""
        with self._lock:
            return frozenset(self._stale)

    def refreshed(self, groups: Iterable[str]) -> None:
        """Take note that the addresses of these are known again."""
        with self._lock:
            self._stale.difference_update(groups)

    def _wall(self, monotonic: float) -> float:
        return self._clock.now() - (self._clock.monotonic() - monotonic)

    def _rebuild(self) -> None:
        old, self._entries, self._by_subject = self._entries, {}, {}
        for member in self._members.values():
            for index, target in enumerate(_targets(member)):
                self._keep(
                    old,
                    target,
                    member.group_id,
                    member.policy.detection,
                    icmp=index == 0,
                )
        interval = self._settings.host_probe_interval
        detection = descriptor.Detection(
            poll_interval=interval,
            max_misses=self._settings.host_probe_misses,
        )
        for name, address in self._hosts.items():
            target = probes.Target(
                key=f"host/{name}",
                kind=self._settings.host_probe,
                address=address,
                port=self._settings.host_probe_port,
                interval=interval,
            )
            self._keep(old, target, target.key, detection, icmp=False)
        self._prober.set_targets(e.target for e in self._entries.values())

    def _keep(
        self,
        old: dict[str, _Entry],
        target: probes.Target,
        subject: str,
        detection: descriptor.Detection,
        icmp: bool,
    ) -> None:
        entry = old.get(target.key)
        if entry is None or entry.target != target:
            counting = detection_.Tracker(
                _estimator(detection), detection.max_misses
            )
            member = self._members.get(subject)
            if member is not None and member.answered and not icmp:
                soon = self._clock.monotonic() + detection.initial_timeout
                counting.restart(soon)
            entry = _Entry(target, counting, detection, subject, icmp)
        elif entry.detection != detection:
            entry.tracker.retune(_estimator(detection), detection.max_misses)
            entry.detection = detection
        self._entries[target.key] = entry
        self._by_subject.setdefault(subject, []).append(entry)


def _estimator(detection: descriptor.Detection) -> estimators.TwoWindow:
    """Return what learns the time-outs of whom nobody knows yet."""
    return estimators.TwoWindow(
        detection.initial_timeout,
        detection.min_timeout,
        detection.max_timeout,
    )


def _targets(member: Watched) -> list[probes.Target]:
    """Return whom to ask for a member: the guest first, then its probes.

    The guest is always asked by ICMP beside the policy's own probes: the
    two together tell a dead application from a dead VM.
    """
    detection = member.policy.detection
    specs = [p for p in member.policy.probes if p.type != "icmp"]
    networks = [p.network for p in member.policy.probes]
    asked: list[descriptor.ProbeSpec] = []
    if member.policy.probes:
        guest = descriptor.ProbeSpec(type="icmp", network=networks[0])
        asked = [guest, *specs]
    found = []
    for index, spec in enumerate(asked):
        address = endpoints.pick_address(member.addresses, spec.network)
        if address is not None:
            found.append(
                probes.Target(
                    key=f"{member.group_id}/{index}",
                    kind=spec.type,
                    address=address.ip,
                    port=spec.port,
                    path=spec.path,
                    expect_status=spec.expect_status,
                    interval=detection.poll_interval,
                    patience=detection.max_timeout,
                )
            )
    return found


def _take(target: detection_.Tracker, seen: probes.Observation) -> None:
    if seen.what == "sent":
        target.sent(seen.sequence, seen.at)
    elif seen.what == "good":
        target.good(seen.sequence, seen.at)
    else:
        target.bad(seen.sequence, seen.at, seen.detail)


def _is_back(before: detection_.Judgement, now: detection_.Judgement) -> bool:
    was_late = before.health in (Health.SLOW, Health.DEAD)
    return was_late and now.health is Health.OK


_ORDER = (Health.DEAD, Health.SLOW, Health.OK)


def _worst(entries: Sequence[_Entry]) -> Health:
    healths = {e.judgement.health for e in entries if e.judgement}
    return next((h for h in _ORDER if h in healths), Health.UNKNOWN)
