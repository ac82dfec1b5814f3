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
target, and judges those of whom something was seen or whose time-out has
passed. It may be used from several threads.
"""

from __future__ import annotations

from collections.abc import Iterable
import heapq
import threading

from nham import metrics
from nham.adapters import clock as clock_
from nham.adapters.probes import base as probes
from nham.core import descriptor
from nham.core import facts
from nham.core.detection import tracker as detection_
from nham.engine import entries
from nham.engine import settings as settings_
from nham.engine import targets
from nham.recovery import context

Health = facts.Health

#: A guest that is dead does not serve: a router goes on sending our echo
#: requests to who had the address before.
_MISLED = (Health.OK, Health.DEAD)
#: Seconds until one that would be late, but for our own lag, is looked at
#: again: the lag may have passed by then.
_LAGGING = 0.25


class Watch:
    """Believes something of each member and host.

    :param make: makes the estimator that a policy asks for.
    """

    def __init__(
        self,
        prober: probes.Prober,
        clock: clock_.Clock,
        settings: settings_.Settings,
        make: entries.MakeEstimator = entries.BUILT_IN,
    ) -> None:
        self._prober = prober
        self._estimate = make
        self._clock = clock
        self._settings = settings
        self._lock = threading.RLock()
        self._entries: dict[str, entries.Entry] = {}
        self._members: dict[str, targets.Watched] = {}
        self._hosts: dict[str, str] = {}
        self._by_subject: dict[str, list[entries.Entry]] = {}
        self._doubted: set[str] = set()
        self._stale: set[str] = set()
        self._touched: dict[str, entries.Entry] = {}
        self._looks: list[tuple[float, str]] = []
        self._followers: list[set[str]] = []
        #: What is believed of subjects that were asked for since their news.
        self._healths: dict[str, tuple[Health, Health]] = {}

    def set_members(self, members: Iterable[targets.Watched]) -> None:
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
        """Take in what the prober saw and judge whom it concerns."""
        with self._lock:
            seen = self._prober.collect()
            lag = self._prober.lag()
            self._take_in(seen, lag)
            now = self._clock.monotonic()
            self._wake(now)
            doubted = frozenset(self._doubted)
            self._judge(now, lag)
            if doubted != self._doubted:
                self._prober.hurry(frozenset(self._doubted))

    def _take_in(self, seen: Iterable[probes.Observation], lag: float) -> None:
        """Have the trackers take note of what the prober saw."""
        for key, sequence, what, at, detail in seen:
            entry = self._entries.get(key)
            if entry is None:
                continue
            if what == "sent":
                entry.tracker.sent(sequence, at)
            elif what == "good":
                entry.tracker.good(sequence, at, lag)
            elif what == "unasked":
                entry.tracker.unasked(sequence, at)
                metrics.unasked()
            else:
                entry.tracker.bad(sequence, at, detail)
            self._touched[key] = entry

    def _wake(self, now: float) -> None:
        """Touch those whose time-out has passed."""
        while self._looks and self._looks[0][0] <= now:
            at, key = heapq.heappop(self._looks)
            entry = self._entries.get(key)
            if entry is None or entry.look_at != at:
                continue
            entry.look_at = None
            due = entry.tracker.due
            if due is not None and due > now:
                self._look_at(entry, due)
            elif due is not None:
                self._touched[key] = entry

    def _look_at(self, entry: entries.Entry, at: float) -> None:
        """Judge a target at that moment, or before."""
        if entry.look_at is None or at < entry.look_at:
            entry.look_at = at
            heapq.heappush(self._looks, (at, entry.target.key))

    def _judge(self, now: float, lag: float) -> None:
        """Judge those that were touched, guests before applications."""
        moment = (now, lag)
        changed: set[str] = set()
        for icmp in (True, False):
            for entry in [e for e in self._touched.values() if e.icmp is icmp]:
                before, good_at = entry.health, entry.last_good_at
                tracker = entry.tracker
                entry.moment = moment
                entry.health = tracker.health(now, lag)
                entry.last_good_at = tracker.last_good_at
                if entry.health is not before:
                    self._changed(entry, before, good_at)
                    changed.add(entry.subject)
                due = tracker.due
                if due is not None:
                    self._look_at(entry, due if due > now else now + _LAGGING)
        self._touched.clear()
        if any(self.health(subject) == _MISLED for subject in changed):
            # Another engine has moved the address, or its user did. Once for
            # all: each time takes new sockets.
            self._prober.renew()

    def _changed(
        self,
        entry: entries.Entry,
        before: Health | None,
        good_at: float | None,
    ) -> None:
        """Take note of what changes, and whom to ask in haste by now.

        :param before: what was believed of it until now.
        :param good_at: its last good answer by then.
        """
        self._news(entry.subject)
        if entry.health is Health.SLOW:
            self._doubted.add(entry.target.key)
        else:
            self._doubted.discard(entry.target.key)
        if entry.icmp and entry.health is Health.OK:
            if before is Health.DEAD:
                self._let_boot(entry.subject)
            elif before is Health.SLOW and good_at is not None:
                self._forgive(entry.subject, good_at)

    def _news(self, *subjects: str) -> None:
        for each in self._followers:
            each.update(subjects)
        for subject in subjects:
            self._healths.pop(subject, None)

    def follow(self) -> set[str]:
        """Return a set to be given to ``news``, again and again."""
        with self._lock:
            self._followers.append(set(self._by_subject))
            return self._followers[-1]

    def news(self, follower: set[str]) -> frozenset[str]:
        """Return of whom something else is believed since the last time."""
        with self._lock:
            found = frozenset(follower)
            follower.clear()
            return found

    def _forgive(self, subject: str, since: float) -> None:
        """Let the silence of applications count for nothing since then.

        Their guest was silent, too, and answers again.
        """
        for entry in self._by_subject[subject]:
            if not entry.icmp:
                entry.tracker.forgive(since)
                self._touched[entry.target.key] = entry

    def _let_boot(self, group_id: str) -> None:
        """Give the application of a guest that is back time to boot.

        The guest may have restarted by itself, or we were blind; either
        way what its application missed meanwhile says nothing any more.
        """
        member = self._members[group_id]
        by = self._clock.monotonic() + member.policy.detection.boot_timeout
        for entry in self._by_subject[group_id]:
            if not entry.icmp and entry.health is Health.DEAD:
                self._restart(entry, by)

    def _restart(self, entry: entries.Entry, by: float) -> None:
        """Forget what was seen of a target, which is to answer by then."""
        entry.tracker.restart(by)
        entry.health = entry.last_good_at = None
        self._news(entry.subject)
        self._doubted.discard(entry.target.key)
        self._touched[entry.target.key] = entry

    @property
    def late(self) -> bool:
        """The prober itself is late, so its silence proves nothing."""
        return self._prober.lag() > self._settings.observer_lag

    def view(self, group_id: str) -> context.MemberView:
        """Return what is believed of a group's member."""
        with self._lock:
            found = self._by_subject.get(group_id, [])
            last = [
                entry.last_good_at
                for entry in found
                if entry.last_good_at is not None
                and (not entry.icmp or len(found) == 1)
            ]
            app, icmp = self.health(group_id)
            return context.MemberView(
                app=app,
                icmp=icmp,
                last_good_at=self._wall(max(last)) if last else None,
                probed=bool(found),
                stale=group_id in self._stale,
                evidence=tuple(e.evidence for e in found if e.health),
            )

    def health(self, subject: str) -> tuple[Health, Health]:
        """Return what is believed of a member's application and guest."""
        with self._lock:
            known = self._healths.get(subject)
            if known is None:
                found = self._by_subject.get(subject, ())
                known = self._healths[subject] = (
                    entries.worst(e for e in found if not e.icmp),
                    entries.worst(e for e in found if e.icmp),
                )
            return known

    def answered_since(self, subject: str, at: float) -> bool:
        """Say whether a member has answered after a moment, monotonic."""
        with self._lock:
            return any(
                entry.last_good_at is not None and entry.last_good_at > at
                for entry in self._by_subject.get(subject, ())
            )

    def quality(self, subject: str) -> tuple[entries.Quality, ...]:
        """Return how well each probe of a member detects."""
        with self._lock:
            now, lag = self._clock.monotonic(), self._prober.lag()
            return tuple(
                entries.quality(entry, now, lag)
                for entry in self._by_subject.get(subject, [])
            )

    def host_health(self, name: str) -> Health:
        """Return what NHAM's own probe says of a host."""
        with self._lock:
            return entries.worst(self._by_subject.get(f"host/{name}", []))

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
                self._restart(entry, self._clock.monotonic() + boot)

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
        self._touched, self._looks = {}, []
        for member in self._members.values():
            for index, target in enumerate(targets.of_member(member)):
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
        self._doubted &= self._entries.keys()
        self._healths.clear()
        self._news(*self._by_subject)

    def _keep(
        self,
        old: dict[str, entries.Entry],
        target: probes.Target,
        subject: str,
        detection: descriptor.Detection,
        icmp: bool,
    ) -> None:
        entry = old.get(target.key)
        if entry is None or entry.target != target:
            counting = detection_.Tracker(
                self._estimate(detection), detection.max_misses
            )
            member = self._members.get(subject)
            if member is not None and member.answered and not icmp:
                soon = self._clock.monotonic() + detection.initial_timeout
                counting.restart(soon)
            entry = entries.Entry(target, counting, detection, subject, icmp)
            self._doubted.discard(target.key)
        elif entry.detection != detection:
            entry.tracker.retune(
                self._estimate(detection), detection.max_misses
            )
            entry.detection = detection
        entry.look_at = None
        self._touched[target.key] = self._entries[target.key] = entry
        self._by_subject.setdefault(subject, []).append(entry)
