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

"""The rules for a replica group whose primary serves.

They have their place in the table of all rules after the guards, and before
what is wrong with the primary itself.
"""

from __future__ import annotations

from nham.core import descriptor
from nham.core import facts as facts_
from nham.core.decision import aside
from nham.core.decision import disks
from nham.core.decision import leaving
from nham.core.decision import replicas
from nham.core.decision import rule
from nham.core.decision import takeover

Kind = rule.Kind
Rule = rule.Rule

RULES: tuple[Rule, ...] = (
    Rule(
        name="too-few",
        kind=Kind.ACT,
        source="NHAM 3.3.4",
        says="fewer members serve beside it than must, and there is a place "
        "for another",
        when=lambda c: (
            c.fit
            and replicas.too_few(c.member)
            and replicas.has_place(c)
            and not replicas.must_leave(c)
            and not aside.must_withdraw(c.member.standby)
            # Who was set aside and runs again serves sooner.
            and not replicas.is_back(c)
        ),
        zone=descriptor.Zone.VM,
        rung=replicas.one_more,
    ),
    Rule(
        name="failback",
        kind=Kind.ACT,
        source="OPNFV 3.1",
        says="the VNFC that the VNFM knows could serve again, and its policy "
        "or a change of its package asks for that",
        when=lambda c: (
            not c.trouble
            and c.member.app is facts_.Health.OK
            and takeover.goes_back(c.member)
            and c.member.standby is not None
            and not c.member.standby.closed
            and c.member.standby.host not in c.overview.doubted
        ),
        zone=descriptor.Zone.VNFC,
        rung=takeover.fail_back,
    ),
    Rule(
        name="failback-later",
        kind=Kind.WAIT,
        source="OPNFV 3.1",
        says="the service goes back to the VNFC once both are well",
        when=lambda c: c.fit and takeover.goes_back(c.member),
    ),
    Rule(
        name="surplus-serves",
        kind=Kind.WAIT,
        source="NHAM 3.3",
        says="its policy has no place any more for NHAM's own server, which "
        "serves: put the former policy back, switch over to the VNFC, then "
        "change the policy",
        when=lambda c: c.fit and takeover.misplaced(c.member),
    ),
    Rule(
        name="surplus",
        kind=Kind.ACT,
        source="NHAM 3.3",
        says="its policy or its package has no place any more for a member "
        "of its group",
        when=lambda c: c.fit and c.member.surplus is not None,
        zone=descriptor.Zone.VM,
        rung=replicas.dismiss,
    ),
    Rule(
        name="failback-request",
        kind=Kind.NOTHING,
        source="OPNFV 3.1",
        says="the VNFC that the VNFM knows could serve again: ask for it with "
        "`openstack nham vnf failback`",
        when=lambda c: c.fit and c.member.astray,
    ),
    Rule(
        name="member-lost",
        kind=Kind.ACT,
        source="NHAM 3.3.4",
        says="a member that serves beside it does so no more",
        when=lambda c: c.fit and replicas.must_leave(c),
        zone=descriptor.Zone.VM,
        rung=replicas.take_out,
    ),
    Rule(
        name="standby-away",
        kind=Kind.ACT,
        source="OPNFV 6",
        says="the host of another member is in maintenance",
        when=lambda c: c.fit and leaving.has_room(c),
        zone=descriptor.Zone.VM,
        rung=leaving.replace,
    ),
    Rule(
        name="member-away",
        kind=Kind.ACT,
        source="OPNFV 6",
        says="the host of a member that serves beside it is in maintenance",
        when=lambda c: c.fit and leaving.must_retreat(c),
        zone=descriptor.Zone.VNFC,
        rung=leaving.retreat,
    ),
    Rule(
        name="standby-held",
        kind=Kind.WAIT,
        source="OPNFV 6",
        says="the host of another member is in maintenance, and no other "
        "host can take one in its place now",
        when=lambda c: c.fit and leaving.is_away(c),
    ),
    Rule(
        name="member-aside",
        kind=Kind.ACT,
        source="UC4, NHAM 3.3.4",
        says="its operator stopped a member that serves beside it, or set it "
        "aside",
        when=lambda c: c.fit and aside.must_withdraw(c.member.standby),
        zone=descriptor.Zone.VNFC,
        rung=aside.withdraw,
    ),
    Rule(
        name="member-back",
        kind=Kind.ACT,
        source="UC4, NHAM 3.3.4",
        says="a member that its operator had set aside runs again",
        when=lambda c: c.fit and replicas.is_back(c),
        zone=descriptor.Zone.VNFC,
        rung=replicas.readmit,
    ),
    Rule(
        name="standby-stopped",
        kind=Kind.NOTHING,
        source="UC4",
        says="another member was stopped or set aside by its operator",
        when=lambda c: c.fit and aside.set_aside(c.member.standby),
    ),
    Rule(
        name="standby-unfenced",
        kind=Kind.WAIT,
        source="design, rule 1",
        says="the host of another member looks dead and cannot be fenced: "
        "once it is surely off, say so with `openstack nham host fenced`",
        when=lambda c: c.fit and replicas.standby_unfenced(c),
    ),
    Rule(
        name="standby-unclear",
        kind=Kind.WAIT,
        source="UC4, UC9",
        says="it is not clear what another member needs: Nova is at work on "
        "it, or its host does not answer",
        when=lambda c: c.fit and replicas.unclear(c),
    ),
    Rule(
        name="standby-later",
        kind=Kind.WAIT,
        source="design, rule 3",
        says="another member could not be made; it is tried again later",
        when=lambda c: c.fit and replicas.must_pause(c.member),
    ),
    Rule(
        name="standby-stale",
        kind=Kind.ACT,
        source="NHAM 3.3.2",
        says="the disk of its standby holds an older state than was saved",
        when=lambda c: c.fit and disks.may_refresh(c),
        zone=descriptor.Zone.VM,
        rung=disks.refresh,
    ),
    Rule(
        name="standby-old",
        kind=Kind.WAIT,
        source="NHAM 3.4",
        says="the disk of its standby holds an older state than was saved, "
        "and no newer one can be put on it now",
        when=lambda c: c.fit and disks.is_old(c),
    ),
    Rule(
        name="standby-untuned",
        kind=Kind.ACT,
        source="NHAM 3.3.2",
        says="its policy wants its standby parked, and it runs, or the other "
        "way round",
        when=lambda c: c.fit and replicas.can_tune(c.member),
        zone=descriptor.Zone.VM,
        rung=replicas.tune,
    ),
    Rule(
        name="standby-silent",
        kind=Kind.WAIT,
        source="design, rule 3",
        says="its standby runs and does not answer; it is given up once "
        "that has lasted",
        when=lambda c: c.fit and replicas.is_silent(c),
    ),
    Rule(
        name="standby-beside",
        kind=Kind.ACT,
        source="NHAM 3.3.2, 3.3.3",
        says="another member is on its host, and both would be lost with that",
        when=lambda c: c.fit and replicas.can_part(c),
        zone=descriptor.Zone.VM,
        rung=replicas.part,
    ),
    Rule(
        name="standby-near",
        kind=Kind.WAIT,
        source="NHAM 3.3.2, 3.3.3",
        says="another member is on its host, and both would be lost with "
        "that: no other host can take one, or it is the VNFM's, which its "
        "operator can migrate",
        when=lambda c: (
            c.fit and c.member.beside is not None and not c.member.unguarded
        ),
    ),
    Rule(
        name="member-missing",
        kind=Kind.ACT,
        source="NHAM 3.3.4",
        says="a member that is to serve beside it does not",
        when=lambda c: c.fit and c.member.mechanism.spreads,
        zone=descriptor.Zone.VM,
        rung=replicas.for_standby,
    ),
    Rule(
        name="standby-missing",
        kind=Kind.ACT,
        source="NHAM 3.3.2, 3.3.3",
        says="it has no standby that could take over",
        when=lambda c: c.fit,
        zone=descriptor.Zone.VM,
        rung=replicas.for_standby,
    ),
)
