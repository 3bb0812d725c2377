# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Zones of DNS Plus and their record sets. A zone takes a moment to be served, and is removed by and by; the same name may be there three times."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from ..calls import Answer, Call, Routes, checked
from ..errors import Refused
from ..store import Record, find, new_id, ripe, shown
from .access import PREFIX, born, chosen, given_ids, good, page, refuse_more

routes = Routes(f"{PREFIX}/zones")

SERVERS = (("ns.toastdns-jin.com.", "ns.toastdns-jin.net."), ("ns.toastdns-wan.com.", "ns.toastdns-wan.net."),
           ("ns.toastdns-lee.com.", "ns.toastdns-lee.net."))
ZONES, RECORDSETS = 50, 5000
NAME = re.compile(r"(?=.{1,254}$)([a-z0-9_*-]+\.)+")
TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NAPTR", "PTR", "TXT", "SRV", "NS")
POINTING = {"CNAME", "NS", "PTR"}
LEAST_TTL, LARGEST_TTL = 10, 2_147_483_647
LIST_BYTES, TEXT_BYTES = 512, 4096
LOOKS_TO_GO = 2
SORTED = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "ZONE_NAME": "zoneName", "ZONE_STATUS": "zoneStatus",
          "RECORDSET_COUNT": "recordsetCount"}
SETS_SORTED = {"CREATED_AT": "createdAt", "UPDATED_AT": "updatedAt", "RECORDSET_NAME": "recordsetName", "RECORDSET_TYPE": "recordsetType",
               "RECORDSET_TTL": "recordsetTtl"}


@routes.on("GET", "")
def list_dns_zones(call: Call) -> Answer:
    table = call.store.dns_zones
    for zone in list(table.values()):
        if zone["zoneStatus"] == "CREATING" and ripe(zone):
            zone["zoneStatus"] = "USE"
        elif zone["zoneStatus"] == "DELETING" and ripe(zone, LOOKS_TO_GO):
            if zone["_stuck"]:
                zone["zoneStatus"] = "DELETING_FAIL"
            else:
                del table[zone["zoneId"]]
    states = call.request.args.get("zoneStatusList")
    found = [zone for zone in chosen(call, table.values(), "zoneId", "zoneName", "searchZoneName")
             if not states or zone["zoneStatus"] in states.split(",")]
    return page(call, "zoneList", found, SORTED, _told)


@routes.on("POST", "")
def create_dns_zone(call: Call) -> Answer:
    store = call.store
    want = call.fields("zone", ("zoneName",), ("description",))
    name = want["zoneName"]
    if not NAME.fullmatch(name):
        raise Refused(400, f"Invalid zone name: {name}")
    taken = {zone["engineId"] for zone in store.dns_zones.values() if zone["zoneName"] == name}
    free = [number for number in range(len(SERVERS)) if _engine(number) not in taken]
    if not free:
        raise Refused(409, f"{name} is taken on every DNS server.")
    refuse_more(store.dns_zones, ZONES, "zones")
    zone = born(store, store.dns_zones, engineId=_engine(free[0]), zoneId=new_id(), zoneName=name, zoneStatus="CREATING",
                description=_described(want), _sets={}, _looks=0, _stuck=False)
    for kind, values in (("SOA", [f"{SERVERS[free[0]][0]} hostmaster.toastdns.com. 2026010101 10800 3600 604800 1200"]), ("NS", SERVERS[free[0]])):
        identity = new_id()
        zone["_sets"][identity] = born(store, zone["_sets"], recordsetId=identity, recordsetName=name, recordsetType=kind, recordsetTtl=1500,
                                       recordsetStatus="USE", recordList=[{"recordDisabled": False, "recordContent": value} for value in values])
    store.dns_zones[zone["zoneId"]] = zone
    return good(zone=_told(zone))


@routes.on("PUT", "/<id>")
def update_dns_zone(call: Call) -> Answer:
    zone = _served(call)
    zone["description"] = _described(call.fields("zone", (), ("description",)))
    zone["updatedAt"] = call.store.ymdt()
    return good(zone=_told(zone))


@routes.on("DELETE", "/async")
def delete_dns_zones(call: Call) -> Answer:
    """With all that is in them; they are seen to go for a while."""
    for zone in given_ids(call, "zoneIdList", call.store.dns_zones, "Zone"):
        zone.update(zoneStatus="DELETING", _looks=0)
    return good()


@routes.on("GET", "/<id>/recordsets")
def list_recordsets(call: Call) -> Answer:
    zone, kinds = find(call.store.dns_zones, call.id, "Zone"), call.request.args.get("recordsetTypeList")
    found = [record for record in chosen(call, zone["_sets"].values(), "recordsetId", "recordsetName", "searchRecordsetName")
             if not kinds or record["recordsetType"] in kinds.split(",")]
    return page(call, "recordsetList", found, SETS_SORTED, _set_told)


@routes.on("POST", "/<id>/recordsets")
def create_recordset(call: Call) -> Answer:
    zone = _served(call)
    want = call.fields("recordset", ("recordsetName", "recordsetType", "recordsetTtl", "recordList"))
    return good(recordset=_set_told(_made(call, zone, want)))


@routes.on("POST", "/<id>/recordsets/list")
def create_recordsets(call: Call) -> Answer:
    zone, given = _served(call), call.fields(None, ("recordsetList",))["recordsetList"]
    if not 1 <= len(given) <= 2000:
        raise Refused(400, "1 to 2000 record sets at once.")
    for want in given:
        _made(call, zone, checked(want, ("recordsetName", "recordsetType", "recordsetTtl", "recordList"), ()))
    return good()


@routes.on("PUT", "/<id>/recordsets/<set_id>")
def update_recordset(call: Call) -> Answer:
    """All but its name can change."""
    zone = _served(call)
    record = find(zone["_sets"], call.path["set_id"], "Recordset")
    want = call.fields("recordset", ("recordsetType", "recordsetTtl", "recordList"))
    _refuse_own(zone, record["recordsetName"], record["recordsetType"])
    _refuse_beside(zone, record["recordsetName"], want["recordsetType"], record["recordsetId"])
    record.update(recordsetType=want["recordsetType"], **_values(zone, record["recordsetName"], want), updatedAt=call.store.ymdt())
    return good(recordset=_set_told(record))


@routes.on("DELETE", "/<id>/recordsets")
def delete_recordsets(call: Call) -> Answer:
    zone = _served(call)
    doomed = given_ids(call, "recordsetIdList", zone["_sets"], "Recordset")
    for record in doomed:
        _refuse_own(zone, record["recordsetName"], record["recordsetType"])
    for record in doomed:
        del zone["_sets"][record["recordsetId"]]
    return good()


def _made(call: Call, zone: Record, want: dict[str, Any]) -> Record:
    name = str(want["recordsetName"])
    if not NAME.fullmatch(name) or not (name == zone["zoneName"] or name.endswith(f".{zone['zoneName']}")):
        raise Refused(400, f"{name} is not in {zone['zoneName']}")
    _refuse_own(zone, name, want["recordsetType"])
    _refuse_beside(zone, name, want["recordsetType"], "")
    refuse_more(zone["_sets"], RECORDSETS, "record sets of a zone")
    record = born(call.store, zone["_sets"], recordsetId=new_id(), recordsetName=name, recordsetType=want["recordsetType"], recordsetStatus="USE",
                  **_values(zone, name, want))
    zone["_sets"][record["recordsetId"]] = record
    return record


def _served(call: Call) -> Record:
    zone = find(call.store.dns_zones, call.id, "Zone")
    if zone["zoneStatus"] != "USE":
        raise Refused(409, f"The zone is {zone['zoneStatus']}.")
    return zone


def _refuse_own(zone: Record, name: str, kind: str) -> None:
    if kind == "SOA" or (kind == "NS" and name == zone["zoneName"]):
        raise Refused(400, f"The {kind} record set of a zone cannot be created, modified or deleted.")


def _refuse_beside(zone: Record, name: str, kind: str, itself: str) -> None:
    """A name has a type once, and beside a CNAME nothing else."""
    others = {record["recordsetType"] for record in zone["_sets"].values() if record["recordsetName"] == name and record["recordsetId"] != itself}
    if kind in others:
        raise Refused(409, f"{kind} {name} exists already.")
    if others and (kind == "CNAME" or "CNAME" in others):
        raise Refused(409, f"{name} cannot have a CNAME beside {', '.join(sorted(others))}.")


def _values(zone: Record, name: str, want: dict[str, Any]) -> Record:
    kind, ttl, values = want["recordsetType"], want["recordsetTtl"], want["recordList"]
    if kind not in TYPES:
        raise Refused(400, f"Unknown record set type: {kind}")
    if not isinstance(ttl, int) or not LEAST_TTL <= ttl <= LARGEST_TTL:
        raise Refused(400, f"recordsetTtl is not from {LEAST_TTL} to {LARGEST_TTL}: {ttl}")
    done = [checked(value, ("recordContent",), ("recordDisabled",)) for value in values]
    if kind == "CNAME" and len(done) != 1:
        raise Refused(400, "A CNAME has one record.")
    if sum(len(value["recordContent"].encode()) for value in done) > (TEXT_BYTES if kind == "TXT" else LIST_BYTES):
        raise Refused(400, "The record list is too long.")
    for value in done:
        _refuse_content(kind, value["recordContent"])
    return {"recordsetTtl": ttl, "recordList": [{"recordDisabled": bool(value.get("recordDisabled")), "recordContent": value["recordContent"]}
                                                for value in done]}


def _refuse_content(kind: str, content: str) -> None:
    if kind in ("A", "AAAA"):
        try:
            good_one = ipaddress.ip_address(content).version == (4 if kind == "A" else 6)
        except ValueError:
            good_one = False
    else:
        good_one = not (kind in POINTING and not NAME.fullmatch(content)) and not (kind == "TXT" and not re.fullmatch(r'".*"', content))
    if not good_one:
        raise Refused(400, f"Invalid content of {kind}: {content}")


def _engine(number: int) -> str:
    return f"{number:032x}"


def _described(want: dict[str, Any]) -> str:
    text = str(want.get("description") or "")
    if len(text) > 255:
        raise Refused(400, "description has more than 255 characters.")
    return text


def _told(zone: Record) -> Record:
    return {**shown(zone), "recordsetCount": len(zone["_sets"])}


def _set_told(record: Record) -> Record:
    """With the detailed fields of those types that have a single one."""
    word = {"A": "ipV4", "AAAA": "ipV6", "CNAME": "domainName", "NS": "domainName", "PTR": "domainName", "TXT": "stringValue"}.get(
        record["recordsetType"])
    return {**shown(record), "recordList": [{**value, **({word: value["recordContent"]} if word else {})} for value in record["recordList"]]}
