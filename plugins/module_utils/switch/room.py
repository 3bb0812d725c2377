# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a site could serve everybody, as far as its cloud tells: from the exporter's figures (monitoring.clouds) to what is short. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .observations import Look, NotLooked, Saw

CLOUD = "multicloud_dr_cloud_"
NEARLY_ALL = 0.8        # of a quota; as the alert QuotaShort has it
LITTLE = 0.1            # of a volume; as the alert DatabaseFilling has it
_ROW = re.compile(rf"^{CLOUD}(\w+?)(?:\{{(.*)\}})? (\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Room:
    """`short`: what there is too little of, as ends of sentences; `silent`: APIs of the cloud that do not answer, so that nobody knows."""

    short: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()


def room_of(text: str) -> Look[Room]:
    """What the figures say together; what no figure tells of is not judged."""
    told = [(name, dict(_LABEL.findall(labels)), float(value)) for name, labels, value in _ROW.findall(text) if _is_number(value)]
    answers = {labels.get("api", ""): value for name, labels, value in told if name == "answers"}
    if not answers:
        return NotLooked("the cloud has not been asked yet")
    figures = _Figures(told)
    return Saw(Room(tuple(_short(figures)), tuple(sorted(api for api, value in answers.items() if not value))))


def _short(figures: _Figures) -> Iterator[str]:
    if figures.one("database_available") == 0:
        yield "its database is not available"
    for of, limit in figures.by("quota", "of", what="limit").items():
        used = figures.one("quota", of=of, what="used")
        if used is not None and limit and used / limit > NEARLY_ALL:
            yield f"{used:g} of the {limit:g} {of} that the account may have are used"
    wanted, most, serving = (figures.one("group_machines", what=what) for what in ("wanted", "most", "serving"))
    if wanted is not None and most is not None and wanted >= most:
        yield f"its group has as many machines as it may, {most:g}"
    if wanted is not None and serving is not None and serving < wanted:
        yield f"{serving:g} of its {wanted:g} machines serve"
    targets = figures.by("targets", "state")
    if targets and not targets.get("healthy"):
        yield "its load balancer finds nobody healthy"
    for scaler, limit in figures.by("scaler_replicas", "scaler", what="most").items():
        if (copies := figures.one("scaler_replicas", scaler=scaler, what="wanted")) is not None and copies >= limit:
            yield f"scaler {scaler} runs as many copies as it may, {limit:g}"
    pods = figures.by("pods", "ready")
    if pods and not pods.get("yes"):
        yield "no copy of the application is ready"
    size, free = figures.one("database_size_bytes"), figures.one("measure", of="database", measure="FreeStorageSpace")
    if size and free is not None and free / size < LITTLE:
        yield f"{free / size:.0%} of its database's volume is left"


class _Figures:
    def __init__(self, told: list[tuple[str, dict[str, str], float]]) -> None:
        self._told = told

    def one(self, name: str, **labels: str) -> float | None:
        return next((value for _labels, value in self._found(name, labels)), None)

    def by(self, name: str, label: str, **labels: str) -> dict[str, float]:
        return {found.get(label, ""): value for found, value in self._found(name, labels)}

    def _found(self, name: str, labels: Labels) -> Iterator[tuple[dict[str, str], float]]:
        return ((found, value) for each, found, value in self._told if each == name and labels.items() <= found.items())


def _is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf")          # neither endless nor NaN
    except ValueError:
        return False
