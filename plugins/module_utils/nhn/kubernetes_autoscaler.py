# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The autoscaler of a worker group, as the options say it and as the API does: strings in labels at birth, booleans and numbers afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# option: (the API's word, least, most); ranges as in the console's guide, which counts minutes and percent
NUMBERS: dict[str, tuple[str, int, int]] = {
    "min_nodes": ("ca_min_node_count", 1, 10),
    "max_nodes": ("ca_max_node_count", 1, 10),
    "pods": ("ca_pod_replicas", 1, 10),
    "scale_down_threshold_percent": ("ca_scale_down_util_thresh", 1, 100),
    "scale_down_after_minutes": ("ca_scale_down_unneeded_time", 1, 1440),
    "scale_down_delay_minutes": ("ca_scale_down_delay_after_add", 10, 1440),
}
SWITCHES = {"enabled": "ca_enable", "scale_down": "ca_scale_down_enable"}
NODES = (1, 10)                     # in a group
API = {**SWITCHES, **{ours: api for ours, (api, _unused, _unused) in NUMBERS.items()}}
OPTION: dict[str, Any] = {"type": "dict", "options": {"enabled": {"type": "bool", "default": True}, "scale_down": {"type": "bool"},
                                                      **{name: {"type": "int"} for name in NUMBERS}}}


def said_on_top(have: Mapping[str, Any] | None, option: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, on top of what there is."""
    return {**(have or {}), **{name: value for name, value in option.items() if value is not None}}


def faults(option: Mapping[str, Any] | None, node_count: int | None = None) -> Iterator[str]:
    """Each thing that cannot be, with its path. node_count: with how many nodes a group is to begin, None when it exists."""
    said = said_on_top(None, option or {})
    for name, (_unused, least, most) in NUMBERS.items():
        if name in said and not least <= said[name] <= most:
            yield f"autoscaler.{name}: {said[name]} is not between {least} and {most}"
    low, high = said.get("min_nodes", 1), said.get("max_nodes", 10)
    if low > high:
        yield f"autoscaler.min_nodes: {low} is more than max_nodes {high}"
    elif said.get("enabled") and node_count is not None and not low <= node_count <= high:
        yield f"node_count: {node_count} is not between autoscaler.min_nodes {low} and autoscaler.max_nodes {high}"


def labels(said: Mapping[str, Any] | None) -> dict[str, str]:
    """For a group that is made: strings, "True" and "False". Off unless said."""
    return {api: str(value) for api, value in _told(said or {"enabled": False}).items()}


def body(said: Mapping[str, Any]) -> dict[str, Any]:
    """For a change: all of it, as whether what is left out stays is not documented."""
    return _told(said)


def shape(raw: Mapping[str, Any]) -> dict[str, Any]:
    """From the API: real booleans and numbers, though its table says strings."""
    told = {ours: _switch(raw[api]) for ours, api in SWITCHES.items() if raw.get(api) is not None}
    return told | {ours: int(raw[api]) for ours, (api, _unused, _unused) in NUMBERS.items() if raw.get(api) is not None}


def same(have: Mapping[str, Any] | None, want: Mapping[str, Any]) -> bool:
    """What was said is so; the rest is not ours."""
    return all((have or {}).get(name) == value for name, value in want.items())


def rules(have: Mapping[str, Any] | None, want: Mapping[str, Any] | None) -> bool:
    """Whether the number of nodes is the autoscaler's affair: it is on, and is to stay on."""
    return bool((have or {}).get("enabled")) and bool((want or {}).get("enabled", True))


def _switch(value: Any) -> bool:
    return str(value).lower() == "true"


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    return {API[name]: value for name, value in said.items() if name in API}
