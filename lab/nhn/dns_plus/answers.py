# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What DNS Plus's name servers answer: its zones, and in the GSLBs' own domain whoever they lead to. Names beyond both are left to the resolver.

By FAILOVER the first pool, by priority, that is enabled and not seen to be ill; one without a health check is never. What is answered when all are
ill is not published; here it is nothing, the unkindest.
"""

from __future__ import annotations

from lab.dns.answers import CHASE_LIMIT, Answer, Record, plain

from ..store import Record as Kept
from ..store import Store
from . import pools


def answer(store: Store, name: str, kind: str) -> Answer:
    """Answer a question."""
    with store.lock:
        return _answer(store, plain(name), kind, CHASE_LIMIT)


def _answer(store: Store, name: str, kind: str, hops: int) -> Answer:
    for gslb in store.dns_gslbs.values():
        if gslb["gslbDomain"] == name:
            return _led(store, gslb, kind, hops)
    zones = [zone for zone in store.dns_zones.values() if zone["zoneStatus"] == "USE" and f"{name}.".endswith(zone["zoneName"])]
    if not zones:
        return Answer("NXDOMAIN")
    sets = [record for zone in zones for record in zone["_sets"].values() if plain(record["recordsetName"]) == name]
    told: list[Record] = [
        (name, record["recordsetType"], record["recordsetTtl"], value["recordContent"])
        for record in sets if record["recordsetType"] in (kind, "CNAME") for value in record["recordList"] if not value["recordDisabled"]]
    if not sets:
        return Answer("NXDOMAIN")
    onward = [plain(value) for _, found, _, value in told if found == "CNAME" != kind]
    return Answer("NOERROR", [*told, *(more for target in onward if hops for more in _answer(store, target, kind, hops - 1).records)])


def _led(store: Store, gslb: Kept, kind: str, hops: int) -> Answer:
    pool = None if gslb["gslbDisabled"] else chosen(store, gslb)
    if pool is None:
        return Answer("NOERROR")
    told: list[Record] = []
    for endpoint in pool["endpointList"]:
        if endpoint["endpointDisabled"] or not store.dns_seen.get((pool["poolId"], endpoint["endpointAddress"]), (True, ""))[0]:
            continue
        address = endpoint["endpointAddress"]
        if address.replace(".", "").isdigit():
            told += [(gslb["gslbDomain"], "A", gslb["gslbTtl"], address)] if kind == "A" else []
        else:
            told += [(gslb["gslbDomain"], "CNAME", gslb["gslbTtl"], f"{address}.")]
            told += _answer(store, address, kind, hops - 1).records if hops else ()
    return Answer("NOERROR", told)


def chosen(store: Store, gslb: Kept) -> Kept | None:
    """The pool that a GSLB leads to now, in the order of priority, as by FAILOVER; the other rules are not followed here."""
    for each in gslb["connectedPoolList"]:
        pool = store.dns_pools[each["poolId"]]
        if not pool["poolDisabled"] and pools.healthy(store, pool) is not False:
            return pool
    return None
