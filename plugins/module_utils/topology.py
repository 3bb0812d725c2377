# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Is the plan of the two sites one that can work? Pure: looks at the inventory's values only, never at a cloud.

Everything that can be known before the first request is asked here, and all faults are told at once, each with its path.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from math import isfinite
from typing import Any

from .aws.vpn_tunnels import tunnel_faults
from .aws.waf_plan import faults as waf_faults
from .shape import shaped
from .site_plan import network, site_faults
from .switch.timing import Timing

MOLECULE_SKIPS = {"notest", "molecule-notest", "molecule-idempotence-notest"}      # `molecule` gives these by itself
NAME = re.compile(r"[a-z][a-z0-9-]{0,12}[a-z0-9]")            # leaves room for a suffix in NKS's 20 characters
DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+")
WHOLE = ("check_interval", "check_threshold", "dns_ttl")       # Route 53 takes no fractions

SITE: dict[str, Any] = {"cidr": None, "region": None, "subnets": [{}], "host_address": None, "app_addresses": [None]}
SHAPE: dict[str, Any] = {"topology_sites": {"nhn": SITE, "aws": SITE}, "topology_timing": {}, "aws_vpn_tunnels": [{}],
                         "nhn_auth": {}, "aws_auth": {}, "database_passwords": {}, "nhn_network_routing_tables": [{"subnets": [None]}],
                         "aws_web_subnets": [None], "aws_database_subnets": [None], "aws_web_app_subnets": [None],
                         "nhn_host_routes": [{}], "nhn_network_internet_gateways": [None], "aws_waf_countries": [None],
                         "aws_waf_checked_paths": [None], "aws_waf_rule_groups": [{"counted": [None]}]}
HELD = {"nhn_auth": ("region", "tenant_id", "object_tenant_id", "username", "password", "appkey", "access_key_id", "access_key_secret"),
        "aws_auth": ("region",),
        "database_passwords": ("app", "dr_agent", "dr_repl", "dr_sync")}        # what each signs in with; how to sign in at AWS is boto3's matter
SECRETS = ("vault_db_admin_password", "vault_app_session_key", "vault_db_backup_key")       # needed late, so missed late
SESSION_KEY = 32                        # characters, as the application wants them; several are separated by commas
MAX_TTL = 2**31 - 1                     # RFC 2181, section 8


def faults(plan: Mapping[str, Any], aws_regions: Collection[str]) -> list[str]:
    """Every fault of a plan, as "path: what is wrong", in reading order; empty when it can work.

    plan: the inventory's variables of the same names, {topology_name, topology_domain, topology_zone, topology_primary, topology_standby,
    topology_sites: {nhn: {...}, aws: {...}}, topology_timing: {...}, aws_vpn_tunnels: [{psk, inside_cidr}], nhn_auth, aws_auth,
    database_passwords: {account: password}, operators_cidr, topology_tags: [...]}, secrets by the names in SECRETS, what names subnets:
    {nhn_host_subnet, nhn_database_subnet, nhn_kubernetes_subnet, nhn_network_internet_gateways: [...],
    nhn_network_routing_tables: [{name, default, internet_gateway, subnets: [...]}],
    nhn_host_routes: [{routing_table, cidr}], aws_host_subnet, aws_web_subnets: [...], aws_database_subnets: [...],
    aws_web_app_subnets: [...]}, of role aws_waf's variables those that are given, and what was asked for: {asked_tags: [...], skipped_tags: [...]}.
    A value that could not be had is an `Unset`. aws_regions: every region that exists. No fault repeats a secret.
    """
    plain: dict[str, Any] = {}
    malformed: list[str] = []
    for name, value in plan.items():
        plain[name], found = shaped(value, SHAPE.get(name), name)
        malformed += found
    places = tuple({said.partition(": ")[0] for said in malformed})
    judged = [*_names(plain), *_sites(plain, aws_regions), *_timing(plain.get("topology_timing")),
              *_tunnels(plain.get("aws_vpn_tunnels")), *_accounts(plain), *waf_faults(plain)]
    known = plain.get("topology_tags") or ()
    tags = [*_tags("--tags", plain.get("asked_tags") or (), known),
            *_tags("--skip-tags", set(plain.get("skipped_tags") or ()) - MOLECULE_SKIPS, known)]
    return _once_each(malformed) + [said for said in judged if not said.startswith(places)] + tags


def _once_each(said: Iterable[str]) -> list[str]:
    """Each reason once, behind every path that has it: a vault that is not there is one fault, however many values stand on it."""
    paths: dict[str, list[str]] = {}
    for path, _unused, reason in (fault.partition(": ") for fault in said):
        paths.setdefault(reason, []).append(path)
    return [f"{', '.join(where)}: {reason}" for reason, where in paths.items()]


def _names(plan: Mapping[str, Any]) -> Iterable[str]:
    name = str(plan.get("topology_name") or "")
    if not NAME.fullmatch(name):
        yield f"topology_name: {name!r} must be 2 to 14 of a-z, 0-9 and '-', beginning with a letter"
    domain, zone = str(plan.get("topology_domain") or ""), str(plan.get("topology_zone") or "")
    yield from (f"{name}: {value!r} is not a domain name" for name, value in (("topology_domain", domain), ("topology_zone", zone))
                if not DOMAIN.fullmatch(value))
    if not zone or not (domain == zone or domain.endswith("." + zone)):
        yield f"topology_domain: {domain!r} does not lie in topology_zone {zone!r}"
    pair = (plan.get("topology_primary"), plan.get("topology_standby"))
    if {str(site) for site in pair} != {"nhn", "aws"}:
        yield f"topology_primary, topology_standby: must be nhn and aws, one each; got {pair[0]!r} and {pair[1]!r}"


def _sites(plan: Mapping[str, Any], aws_regions: Collection[str]) -> Iterable[str]:
    sites = plan.get("topology_sites") or {}
    yield from (f"topology_sites.{site}: not known; there are nhn and aws" for site in sites if site not in ("nhn", "aws"))
    ranges = {}
    for site in ("nhn", "aws"):
        if not isinstance(sites.get(site), Mapping):
            yield f"topology_sites.{site}: is missing"
            continue
        yield from site_faults(site, sites[site], plan, aws_regions)
        ranges[site] = network(sites[site].get("cidr"))
        account = plan.get(f"{site}_auth") or {}
        if account.get("region") and account["region"] != sites[site].get("region"):
            yield f"{site}_auth.region: {account['region']!r} is not topology_sites.{site}.region ({sites[site].get('region')!r})"
    nhn, aws = ranges.get("nhn"), ranges.get("aws")
    if nhn and aws and nhn.overlaps(aws):
        yield f"topology_sites.nhn.cidr, topology_sites.aws.cidr: {nhn} and {aws} overlap; packets between the sites could not be routed"
    if network(plan.get("operators_cidr")) is None:
        yield f"operators_cidr: {plan.get('operators_cidr')!r} is not an IPv4 range such as 198.51.100.0/24, from which people log in"


def _timing(timing: Mapping[str, Any] | None) -> Iterable[str]:
    if not timing:
        yield "topology_timing: is missing"
        return
    numbers = {}
    for name in ("renew", "beat", "ttl", "margin", "check_interval", "check_threshold", "dns_ttl"):
        value = timing.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value <= 0:
            yield f"topology_timing.{name}: {value!r} is not a positive number of seconds"
        elif name in WHOLE and value != int(value):
            yield f"topology_timing.{name}: {value} must be a whole number"
        else:
            numbers[name] = value
    held = {name: numbers[name] for name in ("renew", "beat", "ttl", "margin") if name in numbers}
    if len(held) == 4:
        yield from (f"topology_{said}" for said in Timing(**held).faults())
    if numbers.get("check_interval", 10) not in (10, 30):
        yield f"topology_timing.check_interval: {numbers['check_interval']} s; Route 53 checks every 10 or 30 s"
    if numbers.get("dns_ttl", 1) > MAX_TTL:
        yield f"topology_timing.dns_ttl: {numbers['dns_ttl']} s; DNS takes {MAX_TTL} at most"
    if not 1 <= numbers.get("check_threshold", 1) <= 10:
        yield f"topology_timing.check_threshold: {numbers['check_threshold']}; Route 53 takes 1 to 10"


def _tunnels(given: Sequence[Mapping[str, Any] | None] | None) -> list[str]:
    named = ("psk", "inside_cidr")      # the rest has a type, which role aws_vpn's own check knows
    return tunnel_faults([{name: (tunnel or {}).get(name) for name in named} for tunnel in given or ()], "aws_vpn_tunnels")


def _accounts(plan: Mapping[str, Any]) -> Iterable[str]:
    for name, needed in HELD.items():
        held = plan.get(name) or {}
        yield from (f"{name}.{key}: is missing" for key in needed if key not in held)
        yield from (f"{name}.{key}: is empty" for key, value in held.items() if _blank(value))
    yield from (f"{name}: is {'empty' if name in plan else 'missing'}" for name in SECRETS if _blank(plan.get(name)))
    yield from (f"{name}: is not a text" for name in SECRETS if not _blank(plan.get(name)) and not isinstance(plan[name], str))
    if not _blank(plan.get("vault_db_backup_key")) and not str(plan["vault_db_backup_key"]).startswith("AGE-SECRET-KEY-1"):
        yield "vault_db_backup_key: is not an age identity; `age-keygen` makes one"
    if not _blank(key := plan.get("vault_app_session_key")) and any(len(part.strip()) < SESSION_KEY for part in str(key).split(",")):
        yield f"vault_app_session_key: needs {SESSION_KEY} characters or more"


def _blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _tags(option: str, asked: Iterable[str], known: Iterable[str]) -> Iterable[str]:
    known = sorted({*known, "all", "tagged", "untagged", "always", "never"} - {""})
    unknown = sorted({str(tag) for tag in asked} - set(known))
    if unknown:
        yield f"{option} {', '.join(unknown)}: not known; there are: {', '.join(known)}"
