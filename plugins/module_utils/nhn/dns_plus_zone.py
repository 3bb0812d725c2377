# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A zone of DNS Plus and, of what is in it, the record sets that are named: all others are somebody else's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..engine import Field, as_set
from ..faults import BadInput, Fault, WentWrong
from ..waiting import PENDING, READY, wait
from .dns_plus import DnsPlus
from .iaas import is_id, meant
from .resource import Resource, waits
from .spelling import address, within

TYPES = ["A", "AAAA", "CAA", "CNAME", "MX", "NAPTR", "NS", "PTR", "SRV", "TXT"]
POINTING = ("CNAME", "NS", "PTR")           # whose values are names
TTL = within(10, 2_147_483_647)
NAME = re.compile(r"[a-z0-9._*-]{1,253}\.")
RECORD: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "type": {"type": "str", "choices": TYPES, "required": True},
    "ttl_seconds": {"type": "int", "default": 300},
    "values": {"type": "list", "elements": "str", "default": []},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}
LEAVING, CREATING, STUCK = "DELETING", "CREATING", "DELETING_FAIL"


def full_name(text: str) -> str:
    """A name in full: lower case, with its final dot."""
    name = text.strip().lower().rstrip(".") + "."
    if not NAME.fullmatch(name) or ".." in name or name.startswith("."):
        raise ValueError(f"{text!r} is no name of a zone or of something in it")
    return name


def zone_name(text: str) -> str:
    """Likewise, or an id."""
    return text if is_id(text) else full_name(text)


def value(kind: str, text: str) -> str:
    """A record's value in its one spelling."""
    if kind == "A":
        return address(text)
    if kind in POINTING:
        return full_name(text)
    plain = text.strip()
    return f'"{plain}"' if kind == "TXT" and not plain.startswith('"') else " ".join(plain.split()) if kind != "TXT" else plain


def identity(record: Mapping[str, Any]) -> tuple[str, str]:
    """What makes two record sets the same one."""
    return record["name"], record["type"]


def spelled(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The records in one spelling, each once."""
    done: list[dict[str, Any]] = []
    wrong: list[str] = []
    for number, record in enumerate(records):
        try:
            given = {**record, "name": full_name(record["name"]), "ttl_seconds": TTL(record["ttl_seconds"]),
                     "values": sorted({value(record["type"], each) for each in record["values"]})}
        except ValueError as fault:
            wrong.append(f"[{number}]: {fault}")
            continue
        if given["state"] == "present" and not given["values"]:
            wrong.append(f"[{number}].values: required, as it is to be there")
        if given["type"] == "CNAME" and len(given["values"]) > 1:
            wrong.append(f"[{number}].values: a CNAME has one")
        if identity(given) in map(identity, done):
            wrong.append(f"[{number}]: {given['type']} {given['name']} is there twice")
        done.append(given)
    if wrong:
        raise ValueError(*wrong)
    return done


def read(raw: Mapping[str, Any]) -> dict[str, Any]:
    """A record set of the API in our words; a value that is disabled is not answered, so it is none."""
    said: Iterable[str] = (each["recordContent"] for each in raw["recordList"] if not each.get("recordDisabled"))
    return {"name": raw["recordsetName"], "type": raw["recordsetType"], "ttl_seconds": raw["recordsetTtl"],
            "values": sorted(_as_read(raw["recordsetType"], each) for each in said)}


def _as_name(text: str) -> str:
    try:
        return full_name(text)
    except ValueError:              # of which nothing is called
        return text


def _as_read(kind: str, text: str) -> str:
    try:
        return value(kind, text)
    except ValueError:              # nobody asked for it
        return text


def told_of(raw: Mapping[str, Any], every: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], list[Mapping[str, Any]]]:
    """(a zone in our words, the record sets in it that are not its own SOA and NS, which come and go with it)."""
    own = [each for each in every if each["recordsetName"] == raw["zoneName"] and each["recordsetType"] in ("SOA", "NS")]
    servers = sorted(each["recordContent"] for held in own if held["recordsetType"] == "NS" for each in held["recordList"])
    return {"id": raw["zoneId"], "name": raw["zoneName"], "description": raw.get("description") or "", "status": raw["zoneStatus"],
            "name_servers": servers}, [each for each in every if each not in own]


def same_records(have: Iterable[Mapping[str, Any]], want: Iterable[Mapping[str, Any]]) -> bool:
    """Equal as sets."""
    return as_set(have, want)


class Zone(Resource):
    """Fields: name, description, records (those that are named; others are neither told nor touched). Also read: id, status, name_servers,
    others (how many record sets there are besides)."""

    noun, path = "zone", "/zones"
    fields = (
        Field("name", tidy=zone_name, option={"type": "str", "required": True}),
        Field("description"),
        Field("records", same=same_records, tidy=spelled, option={"type": "list", "elements": "dict", "options": RECORD}),
    )
    options: ClassVar[dict[str, Any]] = waits(300)
    cloud: DnsPlus                              # type: ignore[assignment]

    def __init__(self, cloud: DnsPlus, params: Mapping[str, Any]) -> None:
        super().__init__(cloud, params)         # type: ignore[arg-type]
        if self.params.get("name"):
            self.name = str(self.params["name"])
        self.called = self.name.rstrip(".")     # in sentences
        # Where the zone is to go its records need no values, and so have no spelling yet.
        self._named = {(_as_name(record["name"]), record["type"]) for record in self.params.get("records") or ()}
        self._ids: dict[tuple[str, str], str] = {}

    def find(self) -> dict[str, Any] | None:
        raw = self._once_not_leaving()
        return self.shape(raw) if raw else None

    def _look(self) -> dict[str, Any] | None:
        every = self.cloud.every(self.path, "zoneList")
        raw = self._pick([each for each in every if each["zoneStatus"] != LEAVING]) or self._pick(every)
        if raw and raw["zoneStatus"] == LEAVING:
            self.cloud.look_anew()
        return raw

    def _once_not_leaving(self) -> dict[str, Any] | None:
        """One on its way out is waited for: it cannot be kept, and until it is gone its name may be answered for."""
        return wait(self._look, lambda seen: PENDING if seen and seen["zoneStatus"] == LEAVING else READY, self.params["wait_seconds"], 3,
                    self.cloud.clock, doing="see it gone: zone", to=self.called, show=lambda seen: seen and seen["zoneStatus"])

    def _pick(self, raws: list[dict[str, Any]]) -> dict[str, Any] | None:
        """One that this run made is the one: the service takes the same name three times, once for each of its DNS servers."""
        there = [{"id": each["zoneId"], **each} for each in raws]
        return meant([each for each in there if each["id"] == self.born] or there, self.noun, self.name, "zoneName")

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        told, held = told_of(raw, self.cloud.every(f"{self.path}/{raw['zoneId']}/recordsets", "recordsetList"))
        self._ids = {identity(read(each)): str(each["recordsetId"]) for each in held}
        named = [record for record in map(read, held) if identity(record) in self._named]
        return {**told, "others": len(held) - len(named), "records": sorted(named, key=identity)}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if "records" in want:
            zone = str(want["name"])
            wrong = [name for name, _unused in sorted(self._named) if name != zone and not name.endswith(f".{zone}")]
            if wrong and not is_id(zone):
                raise Fault("keep the records of zone", self.called, left=f"{', '.join(wrong)} lies in another zone. Nothing was touched.",
                            then="Name the zone that it lies in.")
            given = sorted((record for record in want["records"] if record["state"] == "present"), key=identity)
            want["records"] = [{name: record[name] for name in ("name", "type", "ttl_seconds", "values")} for record in given]
        return want

    def broken(self, have: dict[str, Any]) -> bool:
        return bool(have["status"] == STUCK)

    def refuse_removal(self, have: dict[str, Any]) -> None:
        """The service removes a zone with all that is in it; this does not, as what is in it may be somebody else's."""
        if have["others"]:
            raise Fault("remove zone", self.called, left=f"It holds {have['others']} record sets that were not named. Nothing was touched.",
                        then="Remove them first, by whoever decides that nobody needs them, or name them in records to have them go with it.")

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        return self.once_ready(lambda seen: PENDING if seen["status"] == CREATING else READY, now, "see it served")

    def get(self, identity: str) -> dict[str, Any]:
        """It is found in its list: no call reads one."""
        return self.once_shown(self.find)

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Records come once it is served: they differ afterwards, and so are made by an update."""
        made = self.cloud.call("POST", self.path, doing="create zone", to=self.called,
                               json={"zone": {"zoneName": self.name, "description": want.get("description", "")}})
        return self.settled(self.get(self.made(made["zone"]["zoneId"])))

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        self.settled(have)
        base = f"{self.path}/{have['id']}"
        if "description" in drift:
            self.cloud.call("PUT", base, doing="describe zone", to=self.called, json={"zone": {"description": want["description"]}})
        if "records" in drift:
            there = {identity(record): record for record in have["records"]}
            wanted = {identity(record): record for record in want["records"]}
            if gone := [self._ids[key] for key in there if key not in wanted]:
                self.cloud.remove(f"{base}/recordsets", "recordsetIdList", gone, doing="remove records of zone", to=self.called)
            for key, record in wanted.items():
                if there.get(key) != record:
                    self._keep(base, record, self._ids.get(key))
        return self.get(have["id"])

    def _keep(self, base: str, record: Mapping[str, Any], known: str | None) -> None:
        sent = {"recordsetType": record["type"], "recordsetTtl": record["ttl_seconds"],
                "recordList": [{"recordDisabled": False, "recordContent": each} for each in record["values"]]}
        to = f"{record['type']} {record['name']}"
        if known:
            self.cloud.call("PUT", f"{base}/recordsets/{known}", doing="change record", to=to, json={"recordset": sent})
        else:
            self.cloud.call("POST", f"{base}/recordsets", doing="create record", to=to, json={"recordset": {"recordsetName": record["name"], **sent}})

    def delete(self, have: dict[str, Any]) -> None:
        """It goes by and by, which `find` waits for."""
        self.cloud.remove(f"{self.path}/async", "zoneIdList", [have["id"]], doing="remove zone", to=self.called)
        left = self.find()
        if left and left["status"] == STUCK:
            raise WentWrong("see it gone: zone", self.called, left=f"The service took the removal, and then said {STUCK}.",
                            then="Run again; if it says so again, ask the support of NHN Cloud.")


def zones(cloud: DnsPlus, params: Mapping[str, Any]) -> dict[str, Any]:
    """Zones with all their records, in the words of the module that keeps them."""
    try:
        given = None if params.get("name") is None else zone_name(params["name"])
    except ValueError as fault:
        raise BadInput([f"name: {fault}"]) from None
    raws = [each for each in cloud.every("/zones", "zoneList") if given is None or given in (each["zoneId"], each["zoneName"])]
    resources = []
    for raw in sorted(raws, key=lambda each: (str(each["zoneName"]), str(each["zoneId"]))):
        told, held = told_of(raw, cloud.every(f"/zones/{raw['zoneId']}/recordsets", "recordsetList"))
        resources.append({**told, "records": sorted(map(read, held), key=identity)})
    return {"resources": resources}
