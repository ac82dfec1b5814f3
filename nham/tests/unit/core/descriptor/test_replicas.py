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

"""Policies with one replica: what is accepted and what is made of it."""

import json
from typing import Any

import hypothesis
from hypothesis import strategies as st

from nham.core import descriptor
from nham.core.descriptor import blocks
from nham.core.descriptor import levels
from nham.tests import base
from nham.tests.unit.core import descriptor_samples as samples
from nham.tests.unit.core.descriptor import replica_examples as examples

#: What a database of an older version does not hold.
_NEW = (
    "service_address",
    "standby",
    "failback",
    "min_replicas",
    "max_replicas",
    "refresh_interval",
)
_names = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,20}", fullmatch=True)
_policies = st.builds(
    lambda mechanism, base_policy, more: {
        **base_policy,
        **more,
        "redundancy": mechanism,
    },
    st.sampled_from(["1R-AS", "1R-AA"]),
    st.just(examples.STANDBY)
    | st.builds(
        lambda hook: examples.stateful(**hook),
        st.fixed_dictionaries(
            {},
            optional={
                "export_path": st.just("/export"),
                "import_path": st.just("/import?a=1"),
                "token": _names,
                "network": st.just("mgmt"),
                "timeout": st.sampled_from(["500 ms", "1 m"]),
                "max_size": st.sampled_from(["1 B", "1.5 MiB", "1 GB"]),
            },
        ),
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "num_backups": st.just(1),
            "standby": st.just("warm"),
            "failback": st.sampled_from(("never", "auto", "request")),
            "sal": st.integers(2, 3),
        },
    ),
)


def _build(properties: dict[str, Any]) -> descriptor.ResiliencyPolicy:
    return descriptor.build(samples.data(properties), samples.CONTEXT)


def _check(properties: dict[str, Any]) -> list[str]:
    found = descriptor.check(samples.data(properties), samples.CONTEXT)
    return [str(problem) for problem in found]


class TestRight(base.TestCase):
    def test_a_stateless_standby_needs_no_method(self) -> None:
        for mechanism in ("1R-AS", "1R-AA"):
            policy = _build({**examples.STANDBY, "redundancy": mechanism})
            self.assertEqual(1, policy.num_backups)
            self.assertEqual("floating_ip", policy.service_address.driver)
            self.assertEqual("warm", policy.standby)
            self.assertEqual("never", policy.failback)
            self.assertIsNone(policy.state_protection.hook)

    def test_a_hook_and_its_defaults(self) -> None:
        policy = _build(examples.stateful(token="vnf.secret-1"))
        protection = policy.state_protection
        self.assertEqual("hook", protection.method)
        self.assertEqual(
            descriptor.Hook(
                port=8081,
                export_path="/nham/state",
                import_path="/nham/state",
                token="vnf.secret-1",
                network=None,
                timeout=5.0,
                max_size=64_000_000,
            ),
            protection.hook,
        )
        self.assertEqual(1.0, protection.interval)

    def test_a_hook_by_the_guest_agent(self) -> None:
        given = examples.protected(**examples.in_guest())
        self.assertEqual([], _check(given))
        hook = _build(given).state_protection.hook
        assert hook is not None
        self.assertEqual(
            ("guest_agent", "/usr/bin/nham-export --all", 0),
            (hook.transport, hook.export_command, hook.port),
        )
        shown = {row[0] for row in _build(given).explain()}
        self.assertIn("state_protection.hook.import_command", shown)
        self.assertNotIn("state_protection.hook.export_path", shown)
        shown = {row[0] for row in _build(examples.stateful()).explain()}
        self.assertNotIn("state_protection.hook.import_command", shown)

    def test_a_claim_by_the_guest_agent(self) -> None:
        protection = examples.in_guest(claim_command="/bin/vip -i 'eth 0'")
        given = {
            **examples.protected(**protection),
            "service_address": examples.VIP,
        }
        self.assertEqual([], _check(given))

    def test_a_standby_whose_disk_holds_the_state(self) -> None:
        given = examples.protected(**samples.SNAPSHOT)
        policy = _build(given)
        self.assertTrue(policy.on_disk)
        self.assertEqual(600.0, policy.refresh_interval)
        policy = _build({**given, "refresh_interval": "1 m"})
        self.assertEqual(60.0, policy.refresh_interval)
        volume = samples.data(
            examples.protected(method="volume_snapshot"), ("volume",)
        )
        self.assertTrue(descriptor.build(volume, samples.CONTEXT).on_disk)
        self.assertFalse(_build(examples.stateful()).on_disk)
        alone = {"stateful": True, "state_protection": samples.SNAPSHOT}
        self.assertFalse(_build(alone).on_disk)

    def test_a_given_interval_wins_over_that_of_a_hook(self) -> None:
        for policy in (
            examples.protected(**examples.HOOK, interval="200 ms"),
            {**examples.stateful(), "cooldown": "200 ms"},
        ):
            interval = _build(policy).state_protection.interval
            self.assertEqual(0.2, interval)

    def test_a_router_and_an_address_instead_of_a_pool(self) -> None:
        given = {**examples.SPREAD, "service_address": examples.ECMP}
        self.assertEqual([], _check(given))
        address = _build(given).service_address
        self.assertEqual("edge/203.0.113.9", address.spread_over)
        pooled = _build(examples.SPREAD).service_address
        self.assertEqual("calls", pooled.spread_over)

    def test_where_the_state_of_members_that_all_serve_goes(self) -> None:
        for spread, protection in (
            ("leader", examples.HOOK),
            ("merge", examples.HOOK),
            ("none", {"method": "none"}),
        ):
            given = examples.spread_out(spread, **protection)
            self.assertEqual([], _check(given))
            self.assertEqual(spread, _build(given).state_protection.spread)

    def test_0r_may_say_that_it_has_no_service_address(self) -> None:
        self.assertEqual([], _check({"service_address": {"driver": "none"}}))

    def test_0r_may_have_a_hook(self) -> None:
        policy = _build({"stateful": True, "state_protection": examples.HOOK})
        self.assertEqual("hook", policy.state_protection.engine)

    def test_explain_names_what_was_given_and_what_not(self) -> None:
        policy = _build(examples.stateful(max_size="2 MiB"))
        rows = {row[0]: row[1:3] for row in policy.explain()}
        for path, row in {
            "num_backups": ("1", "default"),
            "service_address.driver": ("floating_ip", "given"),
            "standby": ("warm", "default"),
            "failback": ("never", "default"),
            "state_protection.interval": ("1 s", "default"),
            "state_protection.hook.port": ("8081", "given"),
            "state_protection.hook.timeout": ("5 s", "default"),
            "state_protection.hook.max_size": ("2 MiB", "given"),
            "state_protection.hook.token": ("-", "default"),
        }.items():
            self.assertEqual(row, rows[path], path)
        others = {
            f"state_protection.hook.{key}"
            for key in blocks.HOOK_ONLY["guest_agent"]
        }
        asked = {prop.path for prop in blocks.HOOK} - others
        self.assertEqual(set(), asked - {*rows})

    def test_a_policy_without_a_hook_has_no_rows_of_one(self) -> None:
        paths = [row[0] for row in _build(examples.STANDBY).explain()]
        self.assertEqual([], [path for path in paths if ".hook" in path])


class TestTold(base.TestCase):
    def test_a_token_that_may_be_a_secret_is_not_told(self) -> None:
        (found,) = _check(examples.stateful(token="pass word"))
        self.assertNotIn("pass word", found)

    def test_a_cold_standby(self) -> None:
        cold = {**examples.STANDBY, "standby": "cold"}
        self.assertEqual("cold", _build(cold).standby)
        self.assertEqual(
            ["standby: standby: cold is only for 1R-AS: redundancy is 1R-AA"],
            _check({**cold, "redundancy": "1R-AA"}),
        )

    def test_a_snapshot_of_a_pair_is_refused_with_the_reason(self) -> None:
        self.assertEqual(
            [
                "state_protection.method: 1R-AA and MR-AA save state by the "
                "method hook alone, 1R-AS by a snapshot, too: a snapshot "
                "cannot feed a running member, found image_snapshot"
            ],
            _check(
                {
                    **examples.protected(**samples.SNAPSHOT),
                    "redundancy": "1R-AA",
                }
            ),
        )

    def test_an_image_of_what_boots_from_a_volume_is_refused(self) -> None:
        found = descriptor.check(
            samples.data(examples.protected(**samples.SNAPSHOT), ("volume",)),
            samples.CONTEXT,
        )
        self.assertIn("volume boots from a volume", str(found[0]))

    def test_a_level_warns_of_0r_and_not_of_a_standby(self) -> None:
        quick = {**examples.STANDBY, "detection": {"poll_interval": "250 ms"}}
        for level in levels.BY_NUMBER:
            self.assertEqual([], _check({**quick, "sal": level}))
        (found,) = _check({"sal": 2})
        self.assertIn("needs a standby or active member", found)

    def test_a_slow_detection_is_refused_of_a_standby_too(self) -> None:
        (found,) = _check(
            {
                **examples.STANDBY,
                "sal": 1,
                "detection": {"poll_interval": "2 s"},
            }
        )
        self.assertEqual(
            "sal: a failure is detected as soon as the service availability "
            "level asks: poll_interval 2 s + 2 more misses x 2 s / 2 + "
            "2 x min_timeout 100 ms = 4.2 s, and level 1 asks for less than "
            "1 s",
            found,
        )


class TestProperties(base.TestCase):
    @hypothesis.given(_policies)
    def test_json_keeps_everything(self, properties: dict[str, Any]) -> None:
        policy = _build(properties)
        plain = json.loads(json.dumps(policy.to_dict()))
        self.assertEqual(policy, descriptor.ResiliencyPolicy.from_dict(plain))
        self.assertEqual(1, policy.num_backups)

    @hypothesis.given(st.integers(0, 100), st.booleans())
    def test_what_an_older_version_kept_is_read(
        self, priority: int, saved: bool
    ) -> None:
        properties: dict[str, Any] = {"priority": priority}
        if saved:
            properties["stateful"] = True
            properties["state_protection"] = samples.SNAPSHOT
        policy = _build(properties)
        plain = policy.to_dict()
        for key in _NEW:
            del plain[key]
        for key in ("hook", "spread"):
            del plain["state_protection"][key]
        self.assertEqual(policy, descriptor.ResiliencyPolicy.from_dict(plain))

    @hypothesis.given(_policies, st.data())
    def test_what_a_pair_needs_is_missed(
        self, properties: dict[str, Any], data: st.DataObject
    ) -> None:
        key = data.draw(st.sampled_from(["service_address", "probes"]))
        rest = {name: properties[name] for name in {*properties} - {key}}
        (found,) = _check(rest)
        self.assertTrue(found.startswith(key), found)

    @hypothesis.given(_policies, st.text(max_size=12))
    def test_a_token_is_a_plain_file_name_or_refused(
        self, properties: dict[str, Any], token: str
    ) -> None:
        hypothesis.assume("state_protection" in properties)
        hook = {**properties["state_protection"]["hook"], "token": token}
        given = {**properties, "state_protection": {**examples.HOOK}}
        given["state_protection"]["hook"] = hook
        plain = (
            token != ""
            and token.isascii()
            and all(char.isalnum() or char in "_.-" for char in token)
            and not token.startswith(".")
        )
        self.assertEqual(plain, not _check(given))
