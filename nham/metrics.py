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


"""What NHAM counts, for Prometheus: one registry for each process."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
import dataclasses
from typing import Any

import prometheus_client as prometheus

from nham.core import facts
from nham.core import model
from nham.core import timeline

CONTENT_TYPE = prometheus.CONTENT_TYPE_LATEST

#: Seconds; a recovery in the data plane takes tens of milliseconds, one
#: that waits for a host minutes.
_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600)
#: Seconds; an application that copies its state stands still for less than
#: a millisecond, one that writes it out for as long as that takes.
_PAUSES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10)


@dataclasses.dataclass(frozen=True)
class Metric:
    """One metric: its name, kind, labels and a sentence of meaning."""

    name: str
    kind: type[Any]
    labels: tuple[str, ...]
    meaning: str
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)


TABLE = (
    Metric(
        "nham_recoveries_total",
        prometheus.Counter,
        ("zone", "rung", "state"),
        "Recoveries that ended, by fault zone, rung and how they ended.",
    ),
    Metric(
        "nham_recovery_seconds",
        prometheus.Histogram,
        ("duration",),
        "How long the parts of a recovery took, as its timeline names them.",
        {"buckets": _BUCKETS},
    ),
    Metric(
        "nham_checkpoints_total",
        prometheus.Counter,
        ("engine", "state"),
        "Checkpoints that became available or failed, by their engine.",
    ),
    Metric(
        "nham_checkpoint_seconds",
        prometheus.Histogram,
        ("engine",),
        "From the cut of a checkpoint until it was whole and proved.",
        {"buckets": _BUCKETS},
    ),
    Metric(
        "nham_checkpoint_pause_seconds",
        prometheus.Histogram,
        ("engine",),
        "How long VNFCs stood still for the cut of a checkpoint, by their "
        "own word.",
        {"buckets": _PAUSES},
    ),
    Metric(
        "nham_checkpoint_bytes_total",
        prometheus.Counter,
        ("engine",),
        "Bytes that the available checkpoints took in their backends.",
    ),
    Metric(
        "nham_state_age_seconds",
        prometheus.Gauge,
        ("vnf", "vnfc"),
        "Age of the newest good checkpoint: what a failure now would lose.",
    ),
    Metric(
        "nham_vnf_sal",
        prometheus.Gauge,
        ("vnf", "vnfc", "kind"),
        "Service availability level of a VNFC, 1 is the highest, 0 none: "
        "declared by its policy, reachable with it, and measured: met by the "
        "worst outage of its recoveries.",
    ),
    Metric(
        "nham_detection_seconds",
        prometheus.Gauge,
        ("vnf", "vnfc"),
        "After how long a failure would be suspected now, by the slowest of "
        "the probes.",
    ),
    Metric(
        "nham_detection_timeout_seconds",
        prometheus.Gauge,
        ("vnf", "vnfc"),
        "The longest time-out in force of the probes.",
    ),
    Metric(
        "nham_false_suspicions",
        prometheus.Gauge,
        ("vnf", "vnfc"),
        "Suspicions that an answer ended without a restart, since this "
        "engine watches.",
    ),
    Metric(
        "nham_detection_accuracy",
        prometheus.Gauge,
        ("vnf", "vnfc"),
        "The share of good time without a false suspicion (P_A), by the "
        "worst of the probes.",
    ),
    Metric(
        "nham_unasked_questions_total",
        prometheus.Counter,
        (),
        "Questions to members that could not be sent, as their probe port "
        "did not serve.",
    ),
    Metric(
        "nham_probe_ports",
        prometheus.Gauge,
        ("state",),
        "Probe ports of this engine: those that serve, and those that do not.",
    ),
    Metric(
        "nham_vnfs",
        prometheus.Gauge,
        ("state",),
        "VNFs that NHAM knows, by their state.",
    ),
    Metric(
        "nham_engines_alive",
        prometheus.Gauge,
        (),
        "Engines that were heard of within their lease.",
    ),
    Metric(
        "nham_agents",
        prometheus.Gauge,
        ("health",),
        "Hosts by what is believed of them by their agents' heartbeats.",
    ),
    Metric(
        "nham_agent_refusals_total",
        prometheus.Counter,
        ("reason",),
        "Datagrams at the agents' port that were not believed, by reason.",
    ),
    Metric(
        "nham_agent_guest_events_total",
        prometheus.Counter,
        ("what",),
        "What an agent has seen happen to guests of its host.",
    ),
    Metric(
        "nham_agent_troubles_total",
        prometheus.Counter,
        ("trouble",),
        "What has gone wrong for an agent: nham.agent.troubles.",
    ),
    Metric(
        "nham_agent_guest_commands_total",
        prometheus.Counter,
        ("outcome",),
        "Commands that an agent ran in guests, or did not: "
        "nham.core.agent.errands.",
    ),
    Metric(
        "nham_api_requests_total",
        prometheus.Counter,
        ("method", "status"),
        "Requests that the API answered, by method and HTTP status.",
    ),
)

registry = prometheus.CollectorRegistry()
_metrics: dict[str, Any] = {
    metric.name: metric.kind(
        metric.name,
        metric.meaning,
        metric.labels,
        registry=registry,
        **metric.options,
    )
    for metric in TABLE
}
prometheus.ProcessCollector(registry=registry)


def exposition() -> bytes:
    """Return all metrics in Prometheus' text format."""
    return prometheus.generate_latest(registry)


def serve(host: str, port: int) -> Callable[[], None]:
    """Serve the metrics over HTTP; return what ends it.

    :raises OSError: the address cannot be listened at.
    """
    server, _thread = prometheus.start_http_server(port, host, registry)

    def end() -> None:
        server.shutdown()
        server.server_close()

    return end


def recovery_ended(recovery: model.Recovery) -> None:
    """Count a recovery, and how long its parts took."""
    _metrics["nham_recoveries_total"].labels(
        recovery.fault.zone.value, recovery.rung, recovery.state.value
    ).inc()
    times = timeline.timeline(recovery)
    for name in timeline.DURATIONS:
        seconds = times[name]
        if seconds is not None:
            _metrics["nham_recovery_seconds"].labels(
                name.removesuffix("_seconds")
            ).observe(seconds)


def checkpoint_taken(checkpoint: model.Checkpoint) -> None:
    """Count a checkpoint that became available or failed."""
    _metrics["nham_checkpoints_total"].labels(
        checkpoint.engine, checkpoint.state.value
    ).inc()
    if checkpoint.completed_at is not None:
        _metrics["nham_checkpoint_seconds"].labels(checkpoint.engine).observe(
            checkpoint.completed_at - checkpoint.cut_at
        )
        _metrics["nham_checkpoint_bytes_total"].labels(checkpoint.engine).inc(
            checkpoint.size
        )
        if checkpoint.pause is not None:
            _metrics["nham_checkpoint_pause_seconds"].labels(
                checkpoint.engine
            ).observe(checkpoint.pause)


def state_age(vnf: str, vnfc: str, seconds: float) -> None:
    """Tell how old a VNFC's newest good checkpoint is."""
    _metrics["nham_state_age_seconds"].labels(vnf, vnfc).set(seconds)


def levels(found: Mapping[tuple[str, str, str], int]) -> None:
    """Tell the levels of all VNFCs, by VNF, VNFC and kind of level."""
    gauge = _metrics["nham_vnf_sal"]
    told = {
        (one.labels["vnf"], one.labels["vnfc"], one.labels["kind"])
        for metric in gauge.collect()
        for one in metric.samples
    }
    for labels in told - found.keys():
        gauge.remove(*labels)
    for labels, level in found.items():
        gauge.labels(*labels).set(level)


def detection(
    vnf: str,
    vnfc: str,
    seconds: float,
    timeout: float,
    mistakes: int,
    accuracy: float,
) -> None:
    """Tell how well a VNFC's failures are detected."""
    for name, value in (
        ("nham_detection_seconds", seconds),
        ("nham_detection_timeout_seconds", timeout),
        ("nham_false_suspicions", mistakes),
        ("nham_detection_accuracy", accuracy),
    ):
        _metrics[name].labels(vnf, vnfc).set(value)


def unasked() -> None:
    """Count a question that a probe port did not let out."""
    _metrics["nham_unasked_questions_total"].inc()


def probe_ports(serving: int, waiting: int) -> None:
    """Tell how many probe ports serve, and how many do not."""
    gauge = _metrics["nham_probe_ports"]
    gauge.labels("serving").set(serving)
    gauge.labels("waiting").set(waiting)


def fleet(vnfs_by_state: Mapping[str, int], engines_alive: int) -> None:
    """Tell how many VNFs and engines there are."""
    for state, count in vnfs_by_state.items():
        _metrics["nham_vnfs"].labels(state).set(count)
    _metrics["nham_engines_alive"].set(engines_alive)


def agents(healths: Sequence[facts.Health]) -> None:
    """Tell what is believed of the hosts by their agents' heartbeats."""
    for health in facts.Health:
        _metrics["nham_agents"].labels(health.value).set(healths.count(health))


def agent_refused(reason: str, number: int) -> None:
    """Count datagrams that were not believed."""
    _metrics["nham_agent_refusals_total"].labels(reason).inc(number)


def agent_event(what: str) -> None:
    """Count what an agent has seen happen to a guest."""
    _metrics["nham_agent_guest_events_total"].labels(what).inc()


def agent_trouble(trouble: str, number: int) -> None:
    """Count what has gone wrong for an agent."""
    _metrics["nham_agent_troubles_total"].labels(trouble).inc(number)


def guest_command(outcome: str) -> None:
    """Count a command that an agent ran in a guest, or did not."""
    _metrics["nham_agent_guest_commands_total"].labels(outcome).inc()


def request_answered(method: str, status: str) -> None:
    """Count a request to the API."""
    _metrics["nham_api_requests_total"].labels(method, status).inc()
