# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What both sites and their drills cost a month, roughly, by a dated table of prices. Pure. An estimate: no discounts, no taxes, no free tiers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ..aws import waf_plan
from . import firewall
from .findings import Finding, World, some

HOURS = 730                     # in a month, as AWS counts
WEEKS = HOURS / 24 / 7
STALE_DAYS = 365
ROOT_GB = 8                     # of an instance at AWS that asks for nothing else
METRICS = 7                     # that an instance is charged for whose figures come each minute
CHECKS = (("check_outside", 1), ("check_inside", 2))               # of the edge; of the marker, and the calculated one
OFTEN = (("check_outside_often", 1), ("check_inside_often", 1))     # what it costs more to look every 10 s
PARTS = ("primary", "standby", "drill")
EXPECTED = {"egress_gb": 100, "backups_gb": 50, "crossing_gb": 50, "drills": 1, "drill_gb": 5, "restore_hours": 1, "requests_millions": 1}


@dataclass(frozen=True)
class Item:
    """So much of something for a month. kind: as the table has it, such as "compute:t3.small"; amount: in its unit."""

    part: str
    cloud: str
    kind: str
    amount: float
    about: str


@dataclass(frozen=True)
class Priced:
    """An item and what it costs, in its own currency; price None where the table has none."""

    item: Item
    price: Mapping[str, Any] | None

    @property
    def sum(self) -> float:
        return self.item.amount * float(self.price["price"]) if self.price else 0.0


def items(world: World) -> list[Item]:
    """Everything that is paid for by the hour or by the gigabyte."""
    expected = EXPECTED | {key: value for key, value in (world["preflight_expected"] or {}).items() if isinstance(value, int | float)}
    return [item for item in (*_primary(world, expected), *_standby(world, expected), *_drill(world, expected)) if item.amount]


def _primary(world: World, expected: Mapping[str, float]) -> Iterator[Item]:
    def item(kind: str, amount: float, about: str) -> Item:
        return Item("primary", "nhn", kind, amount, about)

    nodes, copies = world["nhn_kubernetes_node_count"] or 0, 2 if world["nhn_database_high_availability"] else 1
    yield item(f"compute:{world['nhn_host_flavor']}", HOURS, "management host")
    yield item(f"compute:{world['nhn_kubernetes_flavor']}", nodes * HOURS, f"{nodes} nodes")
    yield item("kubernetes", HOURS, "cluster")
    yield item(f"database:{world['nhn_database_flavor']}", copies * HOURS, "database" + (" and its candidate" if copies == 2 else ""))
    yield item("database_gb", copies * (world["nhn_database_storage_gb"] or 0), "storage of the database")
    root = (world["nhn_host_root_volume"] or {}).get("size_gb") or 0
    yield item("volume_gb", root + nodes * (world["nhn_kubernetes_volume_gb"] or 0), "volumes of the hosts")
    gateways = len(world.mappings("nhn_network_nat_gateways"))
    yield item("address", (1 + gateways + bool(world["nhn_kubernetes_public_endpoint"])) * HOURS, "floating IPs")
    yield item("nat", gateways * HOURS, "NAT gateways")
    yield item("balancer", HOURS, "the application's load balancer")
    yield item("object_gb", expected["backups_gb"], "backups in Object Storage")
    yield item("egress_gb", expected["egress_gb"] + expected["crossing_gb"], "what goes out: users, and rows to the standby")


def _standby(world: World, expected: Mapping[str, float]) -> Iterator[Item]:
    def item(kind: str, amount: float, about: str) -> Item:
        return Item("standby", "aws", kind, amount, about)

    apps, copies = world["aws_web_min"] or 0, 2 if world["aws_database_multi_az"] else 1
    gateways = len(world["aws_network_nat_gateways"] or ())
    yield item(f"compute:{world['aws_host_instance_type']}", HOURS, "standby host")
    yield item(f"compute:{world['aws_web_instance_type']}", apps * HOURS, f"{apps} instances of the application")
    yield item("volume_gb", ROOT_GB + apps * (world["aws_web_root_gigabytes"] or 0), "volumes of the hosts")
    yield item("metric", apps * METRICS, "what the group's policy goes by, each minute")
    yield item(f"database:{world['aws_database_class']}", copies * HOURS, "database" + (" and its twin" if copies == 2 else ""))
    yield item("database_gb", copies * (world["aws_database_storage_gib"] or 0), "storage of the database")
    yield item("nat", gateways * HOURS, "NAT gateways")
    yield item("address", (1 + gateways + len(world["aws_web_subnets"] or ())) * HOURS, "public addresses, the users' load balancer's too")
    yield item("balancer", 2 * HOURS, "load balancers, nobody asking")
    yield item("web_acl", 1, "web ACL")
    yield item("web_acl_rule", waf_plan.count(firewall.plan(world)), "its rules, a managed group being one")
    yield item("web_acl_million", expected["requests_millions"], "requests that it looks at, in millions")
    yield item("vpn", HOURS, "VPN connection")
    yield item("zone", 1, "hosted zone")
    yield from (item(kind, amount, "health checks") for kind, amount in (*CHECKS, *(OFTEN if _often(world) else ())))
    yield item("object_gb", expected["backups_gb"], "copies of backups in S3")


def _often(world: World) -> bool:
    return (world["topology_timing"] or {}).get("check_interval") == 10


def _drill(world: World, expected: Mapping[str, float]) -> Iterator[Item]:
    """A drill makes nothing new; what it costs is data that crosses, and each week's restore test is an instance for a while."""
    yield Item("drill", "aws", "egress_gb", expected["drills"] * expected["drill_gb"], f"{expected['drills']:g} drills: answers to buyers, rows home")
    hours = WEEKS * expected["restore_hours"]
    yield Item("drill", "aws", f"database:{world['aws_database_class']}", hours, "weekly restore tests at AWS")
    yield Item("drill", "nhn", f"database:{world['nhn_database_flavor']}", hours, "weekly restore tests at NHN Cloud")


def priced(world: World) -> list[Priced]:
    """Each item with its price: the inventory's own (preflight_own_prices) before the table's."""
    regions = {site: str(world.site(site).get("region")) for site in ("nhn", "aws")}
    table: dict[tuple[Any, Any, Any], Mapping[str, Any]] = {}
    for entry in (*world.mappings("preflight_prices"), *world.mappings("preflight_own_prices")):
        table[entry.get("cloud"), entry.get("region"), entry.get("kind")] = entry
    return [Priced(item, table.get((item.cloud, regions[item.cloud], item.kind))) for item in items(world)]


def estimate(found: Sequence[Priced]) -> dict[str, dict[str, float]]:
    """{part: {currency: sum}}, for a month, whole cents."""
    sums: dict[str, dict[str, float]] = {part: {} for part in PARTS}
    for each in found:
        if each.price:
            currency = str(each.price["currency"])
            sums[each.item.part][currency] = round(sums[each.item.part].get(currency, 0.0) + each.sum, 2)
    return sums


def told(found: Sequence[Priced]) -> list[str]:
    """For people: a line for each part, the oldest price in it, and what was assumed rather than read."""
    lines = []
    for part, sums in estimate(found).items():
        mine = [each for each in found if each.item.part == part and each.price]
        amount = " + ".join(f"{value:,.0f} {currency}" for currency, value in sorted(sums.items())) or "nothing"
        dates = sorted(str(each.price["as_of"]) for each in mine if each.price)
        assumed = {each.item.kind for each in mine if each.price and each.price.get("basis") == "assumed"}
        lacking = {each.item.kind for each in found if each.item.part == part and not each.price}
        lines.append(f"{part}: about {amount} a month" + (f", by prices of {dates[0]} and later" if dates else "")
                     + (f"; assumed, not read: {some(assumed)}" if assumed else "") + (f"; without a price: {some(lacking)}" if lacking else ""))
    return lines


def judge(world: World) -> Iterable[Finding]:
    """What makes the estimate less than one, and a budget that it is above."""
    found = priced(world)
    for each in found:
        if each.price is None:
            region = world.site(each.item.cloud).get("region")
            yield Finding("preflight_own_prices", f"no price of {each.item.kind} ({each.item.about}) in {region} is known",
                          "Look it up and add it: cloud, region, kind, price, currency, as_of, source.", advice=True)
    today = datetime.fromtimestamp(world.now, UTC).date()
    old = {each.item.kind for each in found if each.price and (today - _date(each.price["as_of"])).days > STALE_DAYS}
    if old:
        yield Finding("preflight_prices", f"prices are older than a year: {some(old)}",
                      "Look them up, and add those of today to preflight_own_prices.", advice=True)
    budget = world["preflight_budget"] or {}
    for currency, most in budget.items():
        total = sum(sums.get(currency, 0.0) for sums in estimate(found).values())
        if total > most:
            yield Finding(f"preflight_budget.{currency}", f"about {total:,.0f} {currency} a month are to be expected, and {most:,.0f} are allowed",
                          "Choose smaller flavors, or raise the budget.")


def _date(given: Any) -> date:
    return given if isinstance(given, date) else date.fromisoformat(str(given))
