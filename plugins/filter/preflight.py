# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filters of playbooks/preflight.yml: what the inventory says, as far as it can be had, and what is missing by it and by what both clouds said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible.vars.hostvars import HostVars, HostVarsVars
from ansible_collections.multicloud.dr.plugins.filter.topology import read, resolved
from ansible_collections.multicloud.dr.plugins.module_utils.preflight import cost, kinds
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.findings import Seen, World
from ansible_collections.multicloud.dr.plugins.module_utils.preflight.judge import findings
from ansible_collections.multicloud.dr.plugins.module_utils.shape import Unset

DOCUMENTATION = """
name: preflight
short_description: Everything that is missing before a build, and what it would cost
version_added: 0.1.0
description:
  - Judges what M(multicloud.dr.preflight_nhn) and M(multicloud.dr.preflight_aws) heard by the inventory, and returns sentences.
  - Beside it, C(known) returns a value with an empty text for all in it that stands on something undefined, and C(preflight_wanted) what to ask
    AWS about, from C(hostvars); C(preflight_third) and C(preflight_key) put what tasks found into the words of this filter.
options:
  _input:
    description:
      - What there is to judge, as a mapping. C(hostvars) are those of Ansible; C(nhn) and C(aws) what both modules returned in
        C(seen), C(faults) the faults of the plan, C(third) what the third place said, C(third_place) its name in the inventory, C(prices) the
        table of prices, C(key) what the SSH key's file looks like, and C(now) the time in seconds since 1970.
    type: dict
    required: true
"""

EXAMPLES = """
- ansible.builtin.assert:
    that: (heard | multicloud.dr.preflight).missing == []
"""

RETURN = """
_value:
  description: C(missing), what stops a build; C(advice), what does not; C(cost), what primary, standby and drills cost a month. Lists of sentences.
  type: dict
"""

TAKEN_BY = {"nhn": ("nhn_network", "nhn_host", "nhn_database", "nhn_registry", "nhn_kubernetes", "nhn_storage", "nhn_dns_plus"),
            "aws": ("aws_network", "aws_storage", "aws_host", "aws_vpn", "aws_database", "aws_web", "aws_waf", "dns_failover")}
EVERYBODY = "localhost"
THIRD = "third.ansible_host"            # where the third place is, as the plan's findings call it
EVERYBODYS = ("topology_sites", "topology_timing", "topology_zone", "topology_domain", "topology_name", "operators_cidr", "aws_vpn_tunnels")
ROLES = Path(__file__).resolve().parents[2] / "roles"


def preflight(heard: Mapping[str, Any]) -> dict[str, list[str]]:
    """All that is missing, each "path: what is wrong. What mends it."."""
    hostvars = heard["hostvars"]
    values: dict[str, Any] = {"preflight_prices": resolved(heard.get("prices")) or []}
    if third := heard.get("third_place"):
        values[THIRD] = read(_variables(hostvars, third), "ansible_host")
    for host in (EVERYBODY, *TAKEN_BY):
        values |= _taken(hostvars, host)
    nhn, aws = (Seen(part.get("answers", {}), part.get("silent", {})) for part in (resolved(heard.get(site)) or {} for site in ("nhn", "aws")))
    world = World(values, nhn, aws, list(heard.get("faults") or ()), resolved(heard.get("third")) or {}, resolved(heard.get("key")) or {},
                  float(heard["now"]))
    found = findings(world)
    return {"missing": [each.told() for each in found if not each.advice], "advice": [each.told() for each in found if each.advice],
            "cost": cost.told(cost.priced(world))}


def preflight_wanted(hostvars: HostVars) -> dict[str, Any]:
    """What to ask AWS about, as options of the module preflight_aws: by the variables of the host `aws`, and by its roles' defaults."""
    values = {name: _blank(value) for name, value in _taken(hostvars, "aws").items()}

    def given(*names: str) -> list[str]:
        return list(dict.fromkeys(str(values[name]) for name in names if values.get(name)))

    return {"instance_types": given("aws_host_instance_type", "aws_web_instance_type"), "images": given("aws_host_image", "aws_web_instance_image"),
            "engine_version": str(values.get("aws_database_engine_version", "")), "database_class": str(values.get("aws_database_class", "")),
            "buckets": given("aws_storage_bucket", "aws_storage_backup_bucket"), "zone": str(values.get("dns_failover_zone", "")),
            "owner": str(values.get("dns_failover_owner", "")), "resolvers": values.get("dns_failover_resolvers") or [],
            "rule_groups": [str(group["name"]) for group in values.get("aws_waf_rule_groups") or [] if group.get("name")],
            **{name: str(values.get(f"aws_web_{name}") or "") for name in ("certificate_arn", "certificate_domain", "container_image")}}


def preflight_third(variables: Any) -> dict[str, Any]:
    """What the third place said, from its variables: {unreachable} or {system, version, offset_seconds}."""
    heard = variables.get("preflight_heard_third", {})
    if heard.get("skipped"):
        return {}                       # where it is was not to be had, which is told by that
    facts = heard.get("ansible_facts") or {}
    if not facts:
        return {"unreachable": str(heard.get("msg") or "it gave no answer").strip().splitlines()[0]}
    there = float(facts["ansible_date_time"]["epoch"])
    asked, answered = float(variables["preflight_third_asked"]), float(variables["preflight_third_answered"])
    return {"system": facts.get("ansible_distribution"), "version": facts.get("ansible_distribution_major_version"),
            "offset_seconds": there - min(max(there, asked), answered)}


def preflight_key(looked: Mapping[str, Any]) -> dict[str, Any]:
    """What the key's files look like, from two results of ansible.builtin.stat: the private half, then the public one."""
    results = looked.get("results") or []
    if len(results) != 2 or any("stat" not in each for each in results):
        return {}                       # the name of the file could not be had, which the plan tells
    private, public = (each["stat"] for each in results)
    return {"path": str(results[0]["item"]), "exists": private["exists"], "public": public["exists"], "mode": int(str(private.get("mode", "0")), 8)}


def known(value: Any) -> Any:
    """The value, with "" for everything in it that cannot be had."""
    return _blank(resolved(value))


def _taken(hostvars: HostVars, host: str) -> dict[str, Any]:
    """Of a host's variables those that its roles take, else the roles' defaults; of localhost's what is everybody's, and every secret.

    What is of another kind than its role takes has no value here, and a reason why, as what stands on something undefined has.
    """
    variables = _variables(hostvars, host)
    if host == EVERYBODY:
        found = {name: read(variables, name) for name in variables if name in EVERYBODYS or str(name).startswith(("vault_", "preflight_"))}
        return {name: kinds.as_taken(name, value, kinds.OWN[name]) if name in kinds.OWN else value for name, value in found.items()}
    taken: dict[str, Any] = {}
    for role in TAKEN_BY[host]:
        for name, option in _options(role).items():
            if name in variables:
                taken[name] = kinds.as_taken(name, read(variables, name), option)
            elif name in _defaults(role):
                taken[name] = _defaults(role)[name]
            elif option.get("required"):
                taken[name] = Unset(f"is missing, and role {role} needs it")
    return taken


def _variables(hostvars: HostVars, host: str) -> HostVarsVars:
    """A host's variables. hostvars[host] leaves out those of other hosts, on which many stand."""
    return HostVarsVars({**hostvars.raw_get(host), "hostvars": hostvars}, loader=hostvars._loader, host=host)


@cache
def _options(role: str) -> dict[str, dict[str, Any]]:
    """What the role is given by anybody; what a build needs is required, and what only another entry needs (resolvers to ask) is not."""
    specs = yaml.safe_load((ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    others = {name: {**option, "required": False} for entry in specs.values() for name, option in (entry.get("options") or {}).items()}
    return others | (specs["main"].get("options") or {})


@cache
def _defaults(role: str) -> dict[str, Any]:
    """Those that need no template; the others stand on what is given besides."""
    path = ROLES / role / "defaults" / "main.yml"
    found = yaml.safe_load(path.read_text(encoding="utf-8")) or {} if path.exists() else {}
    return {name: value for name, value in found.items() if not (isinstance(value, str) and "{{" in value)}


def _blank(value: Any) -> Any:
    if isinstance(value, Unset):
        return ""
    if isinstance(value, Mapping):
        return {key: _blank(part) for key, part in value.items()}
    return [_blank(part) for part in value] if isinstance(value, list) else value


class FilterModule:
    """Ansible's way to find the filters."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Name to function."""
        return {"preflight": preflight, "preflight_wanted": preflight_wanted, "preflight_third": preflight_third,
                "preflight_key": preflight_key, "known": known}
