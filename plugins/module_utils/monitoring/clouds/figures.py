# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Figures of the clouds, and how Prometheus reads them. Pure. A figure that is not known is left out, never 0.

Labels come from the clouds, which may name whatever they like: each is cut, and of one API no more than MOST figures are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST = 200              # figures of one API
LONGEST = 100           # characters of a label's value

ABOUT = {
    "multicloud_dr_cloud_answers": "1 when the cloud's API answered when it was asked last; 0 when it did not, or has not for long",
    "multicloud_dr_cloud_answered_timestamp_seconds": "when it answered last, in seconds since the epoch",
    "multicloud_dr_cloud_left_out": "figures of that API which are not told, because there are too many",
    "multicloud_dr_cloud_measure": "what the cloud measures, in the cloud's own words: its newest value, which may be some minutes old",
    "multicloud_dr_cloud_database_available": "1 when the cloud says that the database is available",
    "multicloud_dr_cloud_database_size_bytes": "size of the database's volume",
    "multicloud_dr_cloud_targets": "machines behind the load balancer, by how it finds them",
    "multicloud_dr_cloud_group_machines": "machines of the scaling group: that serve, are wanted, and are the most it may have",
    "multicloud_dr_cloud_quota": "what the account may have of something, and what of it is used",
    "multicloud_dr_cloud_nodes": "nodes of the cluster, by whether they are ready",
    "multicloud_dr_cloud_pods": "pods of the application, by whether they are ready",
    "multicloud_dr_cloud_pods_cpu_cores": "processors that the application's pods use",
    "multicloud_dr_cloud_pods_memory_bytes": "memory that they work with",
    "multicloud_dr_cloud_scaler_replicas": "of the scaler of pods: copies that run, are wanted, and are the most it may run",
}


@dataclass(frozen=True)
class Figure:
    """name: a key of ABOUT."""

    name: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


def figure(name: str, value: float | int | None, **labels: object) -> list[Figure]:
    """One figure, none where its value is not known."""
    return [] if value is None else [Figure(name, float(value), tuple((key, str(label)) for key, label in labels.items()))]


def bounded(figures: Iterable[Figure]) -> tuple[list[Figure], int]:
    """(the first MOST of them, each name and labels once; how many were left out)."""
    once = {(each.name, each.labels): each for each in figures}
    kept = list(once.values())[:MOST]
    return kept, len(once) - len(kept)


def text(figures: Sequence[Figure]) -> str:
    """As Prometheus reads them."""
    said = []
    for name, about in ABOUT.items():
        rows = [f"{name}{_labels(each)} {each.value:.15g}\n" for each in figures if each.name == name]
        said += [f"# HELP {name} {about}\n# TYPE {name} gauge\n", *rows] if rows else []
    return "".join(said)


def _labels(one: Figure) -> str:
    every = ",".join(f'{key}="{_plain(value)}"' for key, value in one.labels)
    return f"{{{every}}}" if every else ""


def _plain(value: str) -> str:
    """A cloud's word as a label's value: without marks that would end it, and no longer than it may be."""
    return re.sub(r'[\\"\x00-\x1f\x7f]', "?", value)[:LONGEST]
