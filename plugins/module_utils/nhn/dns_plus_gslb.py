# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A GSLB of DNS Plus with the pools that it leads to and their health checks, all of them one thing that comes and goes together.

A pool and its check are ours when they are called GSLB__POOL: by that they are found again after a run that was stopped, and go with the GSLB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..engine import Field, as_set
from .dns_plus import DnsPlus
from .dns_plus_pools import (
    JOINT,
    POOL,
    check_read,
    check_sent,
    connection_sent,
    endpoints_read,
    full,
    own_name,
    pool_sent,
    regions_read,
    spelled,
)
from .iaas import is_id, meant
from .resource import Resource
from .spelling import at_least

RULES = ["FAILOVER", "RANDOM", "GEOLOCATION"]


def _name(text: str) -> str:
    return text if is_id(text) else own_name(text)


class Gslb(Resource):
    """Fields: name, routing_rule, ttl_seconds, enabled, pools (the whole set). Also read: id, domain, strays (what an interrupted run has left)."""

    noun, path = "GSLB", "/gslbs"
    fields = (
        Field("name", tidy=_name, option={"type": "str", "required": True}),
        Field("routing_rule", needed=True, option={"type": "str", "choices": RULES}),
        Field("ttl_seconds", needed=True, tidy=at_least(1), option={"type": "int"}),
        Field("enabled", option={"type": "bool"}),
        Field("pools", same=as_set, tidy=spelled, option={"type": "list", "elements": "dict", "options": POOL}),
        Field("strays", option=None),
    )
    cloud: DnsPlus                              # type: ignore[assignment]

    def __init__(self, cloud: DnsPlus, params: Mapping[str, Any]) -> None:
        super().__init__(cloud, params)         # type: ignore[arg-type]
        self._pools: dict[str, dict[str, Any]] = {}         # ours, by the name they have at the service
        self._checks: dict[str, dict[str, Any]] = {}
        self._connected: list[dict[str, Any]] = []          # as they are told, to be said again

    def find(self) -> dict[str, Any] | None:
        raw = self._pick(self.cloud.every(self.path, "gslbList"))
        pools, checks = parts([raw] if raw else [], self.cloud.every("/pools", "poolList"), self.cloud.every("/health-checks", "healthCheckList"))
        prefix = full(raw["gslbName"] if raw else self.name, "")
        self._pools = _ours(pools.values(), prefix, "poolName", "poolId", "pool")
        self._checks = _ours(checks.values(), prefix, "healthCheckName", "healthCheckId", "health check")
        if raw:
            return self._shaped(raw, pools, checks)
        self._connected = []
        strays = sorted({*self._pools, *self._checks})
        if strays and self.params.get("state") == "absent":     # what an interrupted removal has left
            return {"id": "", "name": self.name, "domain": "", "routing_rule": None, "ttl_seconds": None, "enabled": False, "pools": [],
                    "strays": strays}
        return None

    def _pick(self, raws: list[dict[str, Any]]) -> dict[str, Any] | None:
        there = [{"id": each["gslbId"], **each} for each in raws]
        return meant([each for each in there if each["id"] == self.born] or there, self.noun, self.name, "gslbName")

    def _shaped(self, raw: Mapping[str, Any], pools: Mapping[str, dict[str, Any]], checks: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        self._connected = [{name: each[name] for name in ("poolId", "connectedPoolOrder", "connectedPoolRegionContent") if each.get(name)}
                           for each in raw.get("connectedPoolList") or ()]
        prefix, told = full(raw["gslbName"], ""), []
        for each in raw.get("connectedPoolList") or ():
            pool = pools[each["poolId"]]
            told.append({"name": pool["poolName"].removeprefix(prefix), "priority": each["connectedPoolOrder"], "regions": regions_read(each),
                         "enabled": not pool.get("poolDisabled"), "endpoints": endpoints_read(pool["endpointList"]),
                         "health_check": check_read(checks.get(pool.get("healthCheckId") or ""))})
        used = {each["poolId"] for each in self._connected}
        watched = {pool.get("healthCheckId") for identity, pool in pools.items() if identity in used}
        strays = {name for name, pool in self._pools.items() if pool["poolId"] not in used} | \
            {name for name, check in self._checks.items() if check["healthCheckId"] not in watched}
        return {"id": raw["gslbId"], "name": raw["gslbName"], "domain": raw["gslbDomain"], "routing_rule": raw["gslbRoutingRule"],
                "ttl_seconds": int(raw["gslbTtl"]), "enabled": not raw.get("gslbDisabled"),
                "pools": sorted(told, key=lambda pool: int(pool["priority"])), "strays": sorted(strays)}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        """Nothing is to be left over, once it is known what there is to be."""
        return {**want, "strays": []} if "pools" in want else want

    def get(self, identity: str) -> dict[str, Any]:
        """It is found in its list: no call reads one."""
        return self.once_shown(self.find)

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Checks and pools first, so that it leads somewhere from the first moment on."""
        connected = [self._keep(self.name, pool) for pool in want.get("pools", ())]
        made = self.cloud.call("POST", self.path, doing="create GSLB", to=self.name, json={"gslb": self._sent(self.name, want, connected)})
        return self.get(self.made(made["gslb"]["gslbId"]))

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        """What it leads to changes in one request, which names all of it; what is not led to any more goes after that."""
        connected = [self._keep(have["name"], pool) for pool in want["pools"]] if "pools" in drift else self._connected
        if set(drift) - {"strays"} and (set(drift) - {"strays", "pools"} or not as_set(connected, self._connected)):
            self.cloud.call("PUT", f"{self.path}/{have['id']}", doing=f"change {', '.join(drift)} of GSLB", to=self.name,
                            json={"gslb": self._sent(have["name"], {**have, **want}, connected)})
        if "pools" in want and {"pools", "strays"} & set(drift):
            wanted = {full(have["name"], pool["name"]): pool for pool in want["pools"]}
            self._remove_pools(name for name in self._pools if name not in wanted)
            self._remove_checks(name for name in self._checks if not wanted.get(name, {}).get("health_check"))
        return self.get(have["id"])

    def delete(self, have: dict[str, Any]) -> None:
        """What is in use cannot go: itself first, then its pools, then their checks."""
        if have["id"]:
            self.cloud.remove(self.path, "gslbIdList", [have["id"]], doing="remove GSLB", to=self.name)
        self._remove_pools(self._pools)
        self._remove_checks(self._checks)

    def _sent(self, name: str, want: Mapping[str, Any], connected: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        return {"gslbName": name, "gslbTtl": want["ttl_seconds"], "gslbRoutingRule": want["routing_rule"],
                "gslbDisabled": want.get("enabled") is False, "connectedPoolList": list(connected)}

    def _keep(self, gslb: str, pool: Mapping[str, Any]) -> dict[str, Any]:
        """One pool and its check as wanted; how it is connected then."""
        name = full(gslb, pool["name"])
        check, there = self._keep_check(name, pool["health_check"]), self._pools.get(name)
        sent = pool_sent(pool, name, check)
        if not there:
            made = self.cloud.call("POST", "/pools", doing="create pool", to=name, json={"pool": sent})
            there = self._pools[name] = {**sent, "poolId": str(made["pool"]["poolId"])}
        elif (pool["endpoints"], pool["enabled"], check) != (
                endpoints_read(there["endpointList"]), not there.get("poolDisabled"), there.get("healthCheckId") or ""):
            self.cloud.call("PUT", f"/pools/{there['poolId']}", doing="change pool", to=name, json={"pool": sent})
        return connection_sent(pool, there["poolId"])

    def _keep_check(self, name: str, want: Mapping[str, Any] | None) -> str:
        """The id of a pool's health check as wanted, "" for none."""
        if not want:
            return ""
        sent, there = check_sent(want, name), self._checks.get(name)
        if not there:
            made = self.cloud.call("POST", "/health-checks", doing="create health check", to=name, json={"healthCheck": sent})
            there = self._checks[name] = {**sent, "healthCheckId": str(made["healthCheck"]["healthCheckId"])}
        elif check_read(there) != want:
            self.cloud.call("PUT", f"/health-checks/{there['healthCheckId']}", doing="change health check", to=name, json={"healthCheck": sent})
        return str(there["healthCheckId"])

    def _remove_pools(self, names: Iterable[str]) -> None:
        if ids := [self._pools[name]["poolId"] for name in names]:
            self.cloud.remove("/pools", "poolIdList", ids, doing="remove pools of GSLB", to=self.name)

    def _remove_checks(self, names: Iterable[str]) -> None:
        if ids := [self._checks[name]["healthCheckId"] for name in names]:
            self.cloud.remove("/health-checks", "healthCheckIdList", ids, doing="remove health checks of GSLB", to=self.name)


def parts(raws: Iterable[Mapping[str, Any]], pools: Iterable[dict[str, Any]], checks: Iterable[dict[str, Any]]) -> tuple[
        dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """(pools by id, health checks by id). A GSLB tells its pools, and a pool its check, in full: what a list does not hold yet is taken from there,
    or it would be made a second time."""
    every = {each["poolId"]: each["pool"] for raw in raws for each in raw.get("connectedPoolList") or () if each.get("pool")}
    every |= {each["poolId"]: each for each in pools}
    watching = {pool["healthCheckId"]: pool["healthCheck"] for pool in every.values() if pool.get("healthCheckId") and pool.get("healthCheck")}
    return every, watching | {each["healthCheckId"]: each for each in checks}


def _ours(raws: Iterable[dict[str, Any]], prefix: str, word: str, key: str, noun: str) -> dict[str, dict[str, Any]]:
    """Those whose names begin with the prefix and go on with a pool's, by name. Raises Ambiguous when two have the same."""
    there = [{"id": each[key], **each} for each in raws if each[word].startswith(prefix) and JOINT not in each[word].removeprefix(prefix)]
    return {name: found for name in sorted({each[word] for each in there}) if (found := meant(there, noun, name, word))}


def led_to(raw: Mapping[str, Any], pools: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Which of its pools a GSLB answers with by FAILOVER, by name: the first that is enabled and not seen to be ill; None when there is none, or
    when it goes by another rule."""
    if raw.get("gslbDisabled") or raw["gslbRoutingRule"] != "FAILOVER":
        return None
    for each in sorted(raw.get("connectedPoolList") or (), key=lambda connected: int(connected["connectedPoolOrder"])):
        pool = pools[each["poolId"]]
        if not pool.get("poolDisabled") and pool.get("healthy") is not False and not all(end.get("endpointDisabled") for end in pool["endpointList"]):
            return str(pool["poolName"]).removeprefix(full(raw["gslbName"], ""))
    return None


def gslbs(cloud: DnsPlus, params: Mapping[str, Any]) -> dict[str, Any]:
    """GSLBs as the module that keeps them takes them, with what their health checks see."""
    health = {"showHealthy": "true"}
    raws = cloud.every("/gslbs", "gslbList", **health)
    pools, checks = parts(raws, cloud.every("/pools", "poolList", **health), cloud.every("/health-checks", "healthCheckList"))
    told, kind = [], Gslb(cloud, {})
    for raw in raws:
        if params.get("name") in (None, raw["gslbId"], raw["gslbName"]):
            whole = kind._shaped(raw, pools, checks)
            whole.pop("strays")
            ordered = sorted(raw.get("connectedPoolList") or (), key=lambda connected: int(connected["connectedPoolOrder"]))
            seen = [pools[each["poolId"]] for each in ordered]
            for pool, said in zip(whole["pools"], seen, strict=True):
                pool["healthy"] = said.get("healthy")
                reasons = {each["endpointAddress"]: each for each in said["endpointList"]}
                for endpoint in pool["endpoints"]:
                    endpoint.update(healthy=reasons[endpoint["address"]].get("healthy"), reason=reasons[endpoint["address"]].get("failureReason"))
            told.append({**whole, "healthy": raw.get("healthy"), "leads_to": led_to(raw, pools)})
    return {"resources": sorted(told, key=lambda each: (str(each["name"]), str(each["id"])))}
