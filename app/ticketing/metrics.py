# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What Prometheus is told: requests, purchases by outcome, and the connections to the database."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector, generate_latest
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
        pool = engine.pool
        if isinstance(pool, QueuePool):
            used = Gauge("ticketing_database_connections_used", "Connections to the database in use.", registry=self.registry)
            used.set_function(pool.checkedout)

    def text(self) -> bytes:
        """All of it in Prometheus' own format."""
        return generate_latest(self.registry)
