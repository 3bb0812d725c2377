# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Prometheus is told: requests, purchases by outcome, and the connections to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine
from sqlalchemy.pool import QueuePool


class Metrics:
    """The figures of one process."""

    def __init__(self, engine: Engine) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = Counter("ticketing_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry)
        self.seconds = Histogram(
            "ticketing_request_seconds", "Time from a request to the end of its answer.", ["route"], registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10))
        self.running = Gauge("ticketing_requests_running", "Requests that are being answered.", registry=self.registry)
        self.purchases = Counter(
            "ticketing_purchases", "Wishes for a seat, by what became of them: sold, replayed, or why not.", ["outcome"], registry=self.registry)
        self.acknowledgements = Counter(
            "ticketing_acknowledgements", "Purchases acknowledged, by what was promised (local, both_sites) and why that.", ["ack", "why"],
            registry=self.registry)
        self.waited = Histogram(
            "ticketing_ack_wait_seconds", "Time a purchase waited for the standby, by what it was told then.", ["ack"], registry=self.registry,
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5))
        pool = engine.pool
        if isinstance(pool, QueuePool):
            used = Gauge("ticketing_database_connections_used", "Connections to the database in use.", registry=self.registry)
            used.set_function(pool.checkedout)

    def degraded(self, look: Callable[[], bool | None]) -> None:
        """Tell whether purchases are acknowledged without the standby although they were to wait for it; None: nobody knows, or it is not asked."""
        self.registry.register(_Known("ticketing_ack_degraded", "1 while purchases do not wait for the standby.", look))

    def text(self) -> bytes:
        """All of it in Prometheus' own format."""
        return generate_latest(self.registry)


class _Known(Collector):
    """A gauge that is absent while its figure is unknown."""

    def __init__(self, name: str, words: str, look: Callable[[], bool | None]) -> None:
        self._name, self._words, self._look = name, words, look

    def collect(self) -> Iterator[Metric]:
        gauge, known = GaugeMetricFamily(self._name, self._words), self._look()
        if known is not None:
            gauge.add_metric([], known)
        yield gauge
