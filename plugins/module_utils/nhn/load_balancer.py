# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load balancer with its listeners: each has one pool, that pool's members, and at most one health monitor.

The cloud refuses a change while an earlier one is under way, so every write waits for ACTIVE first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from ..engine import Field, as_set
from ..faults import Fault, Refused
from ..waiting import FAILED, PENDING, READY, wait
from .iaas import meant
from .resource import Resource, waits
from .spelling import address, each, parts, within

MEMBER: dict[str, Any] = {
    "address": {"type": "str", "required": True},
    "port": {"type": "int", "required": True},
    "weight": {"type": "int", "default": 1},
    "subnet": {"type": "str"},
}
MONITOR: dict[str, Any] = {
    "type": {"type": "str", "choices": ["TCP", "HTTP", "HTTPS"], "default": "TCP"},
    "delay": {"type": "int", "default": 10},
    "timeout": {"type": "int", "default": 5},
    "max_retries": {"type": "int", "default": 3},
    "path": {"type": "str", "default": "/"},
    "expected_codes": {"type": "str", "default": "200"},
}
LISTENER: dict[str, Any] = {
    "port": {"type": "int", "required": True},
    "protocol": {"type": "str", "choices": ["TCP", "HTTP", "HTTPS"], "required": True},
    "algorithm": {"type": "str", "choices": ["ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP"], "default": "ROUND_ROBIN"},
    "members": {"type": "list", "elements": "dict", "default": [], "options": MEMBER},
    "monitor": {"type": "dict", "options": MONITOR},
}
MONITOR_API = {"path": "url_path"}          # ours: the API's, where they differ


def _once(listeners: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A port has one listener, and a member is in its pool once."""
    ports = [listener["port"] for listener in listeners]
    wrong = [f"port {port} is there twice" for port in sorted({port for port in ports if ports.count(port) > 1})]
    for number, listener in enumerate(listeners):
        keys = [_member_key(member) for member in listener.get("members") or ()]
        wrong += [f"[{number}].members: {host}:{port} is there twice" for host, port in sorted({key for key in keys if keys.count(key) > 1})]
    if wrong:
        raise ValueError(*wrong)
    return listeners


PORT = within(1, 65535)
_SPELLED = each(parts(port=PORT, members=each(parts(address=address, port=PORT))))


def spelled(listeners: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The listeners in their one spelling."""
    return _once(_SPELLED(listeners))


def active(seen: Mapping[str, Any]) -> str:
    """Ready when ACTIVE, failed in ERROR and its kin, pending while it changes."""
    if seen["provisioning_status"] == "ACTIVE":
        return READY
    return FAILED if seen["provisioning_status"].startswith("ERROR") else PENDING


def removable(seen: Mapping[str, Any]) -> str:
    """Ready when it can be removed, which one in ERROR can as well, else pending."""
    return PENDING if active(seen) == PENDING else READY


class LoadBalancer(Resource):
    """Fields: name, vpc (id), subnet (id), address, type, description, listeners (the whole set: port, protocol, algorithm, members
    (address, port, weight, subnet id), monitor or None). Also read: id, vip_port (id, for a floating IP), status."""

    noun, path, key = "load balancer", "/lbaas/loadbalancers", "loadbalancer"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("vpc", fixed=True, option={"type": "str", "required": True}),
        Field("subnet", needed=True, fixed=True),
        Field("address", fixed=True, tidy=address),
        Field("type", fixed=True, option={"type": "str", "choices": ["shared", "dedicated"]}),
        Field("description"),
        Field("listeners", same=as_set, tidy=spelled, option={"type": "list", "elements": "dict", "options": LISTENER}),
    )
    options: ClassVar[dict[str, Any]] = waits(600)
    plural = "loadbalancers"

    def locate(self) -> dict[str, Any]:
        self.vpc_id = self.home(self.params["vpc"])
        self.parts: dict[int, dict[str, Any]] = {}      # by port: ids of listener, pool, monitor, members as last read
        self.loose: list[dict[str, Any]] = []           # ids of pools, with their monitors, that no listener has: made by hand
        return {}

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        return meant([raw for raw in found if raw["provisioning_status"] not in ("PENDING_DELETE", "DELETED")], self.noun, self.name)

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        want["vpc"] = self.vpc_id
        if "subnet" in want:
            want["subnet"] = self._subnet(want["subnet"])
        if "listeners" in want:
            want["listeners"] = [self._meant(listener, want) for listener in sorted(want["listeners"], key=lambda listener: listener["port"])]
            self._refuse_shared({listener["port"]: listener for listener in want["listeners"]})
        return want

    def _refuse_shared(self, wanted: Mapping[int, dict[str, Any]]) -> None:
        """Raise Fault when listeners that stay have one pool between them, as the console can arrange it, and it is to change: what is done for one
        would be done to the other."""
        there = {listener["port"]: listener for listener in (self.have or {}).get("listeners", ())}
        for pool in {part["pool"] for part in self.parts.values() if part["pool"]}:
            ports = sorted(port for port in wanted if port in self.parts and self.parts[port]["pool"] == pool)
            if len(ports) > 1 and not as_set([there[port] for port in ports], [wanted[port] for port in ports]):
                raise Fault(f"change the pool of listeners {', '.join(map(str, ports))} of load balancer", self.name,
                            left="They have one pool between them. Nothing was touched.",
                            then="Have each have its own: leave all but one of them out of listeners for one run.")

    def _subnet(self, given: str) -> str:
        return self.subnet_in(self.vpc_id, given)

    def _meant(self, listener: Mapping[str, Any], want: Mapping[str, Any]) -> dict[str, Any]:
        """A listener as it would be read back."""
        home = want.get("subnet") or (self.have or {}).get("subnet")
        members = [{**member, "subnet": self._subnet(member["subnet"]) if member.get("subnet") else home} for member in listener["members"]]
        monitor = listener.get("monitor")
        if monitor and monitor["type"] == "TCP":        # a TCP check has neither, whatever the API says
            monitor = {**monitor, "path": None, "expected_codes": None}
        return {**listener, "members": sorted(members, key=_member_key), "monitor": monitor}

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        subnets = self.cloud.list("network", "/vpcsubnets", "vpcsubnets")
        vpc = next((subnet["vpc_id"] for subnet in subnets if subnet["id"] == raw["vip_subnet_id"]), "another")
        return {"id": raw["id"], "name": raw["name"], "vpc": vpc, "subnet": raw["vip_subnet_id"], "address": raw["vip_address"],
                "type": raw.get("loadbalancer_type"), "description": raw.get("description") or "", "listeners": self._listeners(raw),
                "vip_port": raw.get("vip_port_id"), "status": raw["provisioning_status"]}

    def _listeners(self, raw: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The listeners of a load balancer, by port; remembers the ids of all parts."""
        self.parts, self.loose = {}, []
        if not raw.get("listeners") and not (raw.get("pools") and self.params.get("state") == "absent"):
            return []
        mine = {each["id"] for each in raw.get("listeners") or ()}
        pools = {pool["id"]: pool for pool in self._all("pools")}
        checked = any(pool.get("healthmonitor_id") for pool in pools.values())
        monitors = {monitor["id"]: monitor for monitor in self._all("healthmonitors")} if checked else {}
        told = []
        for listener in self._all("listeners"):
            if listener["id"] in mine:
                pool = pools.get(listener.get("default_pool_id") or "", {})
                members = self._all(f"pools/{pool['id']}/members", "members") if pool and pool.get("members") != [] else []
                monitor = monitors.get(pool.get("healthmonitor_id") or "")
                self.parts[listener["protocol_port"]] = {"listener": listener["id"], "pool": pool.get("id"), "monitor": (monitor or {}).get("id"),
                                                         "members": {_api_key(member): member["id"] for member in members}}
                told.append({"port": listener["protocol_port"], "protocol": listener["protocol"], "algorithm": pool.get("lb_algorithm"),
                             "members": sorted(({"address": member["address"], "port": member["protocol_port"], "weight": member["weight"],
                                                 "subnet": member["subnet_id"]} for member in members), key=_member_key),
                             "monitor": _monitor(monitor)})
        held = {part["pool"] for part in self.parts.values()}
        self.loose = [{"pool": each["id"], "monitor": pools.get(each["id"], {}).get("healthmonitor_id")}
                      for each in raw.get("pools") or () if each["id"] not in held]
        return sorted(told, key=lambda listener: listener["port"])

    def health(self, port: int) -> dict[tuple[str, int], str]:
        """{(address, port): operating_status} of the members of a listener that was read: ACTIVE when it passes its check."""
        pool = self.parts[port]["pool"]
        return {_api_key(member): member["operating_status"] for member in self._all(f"pools/{pool}/members", "members")} if pool else {}

    def _all(self, path: str, key: str = "") -> list[dict[str, Any]]:
        return self.cloud.list("network", f"/lbaas/{path}", key or path)

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        api = {"subnet": "vip_subnet_id", "address": "vip_address", "type": "loadbalancer_type"}
        return {api.get(name, name): value for name, value in values.items() if name not in ("vpc", "listeners")}

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        if "description" in drift:
            self._write("PUT", have["id"], f"loadbalancers/{have['id']}", "change description of", loadbalancer={"description": want["description"]})
        if "listeners" in drift:
            wanted = {listener["port"]: listener for listener in want["listeners"]}
            there = {listener["port"]: listener for listener in have["listeners"]}
            for port in list(self.parts):
                if port not in wanted or wanted[port]["protocol"] != there[port]["protocol"]:
                    self._drop(have["id"], port)
            for port, listener in wanted.items():
                self._keep(have, listener, there.get(port) if port in self.parts else None)
        return self.settled(self.get(have["id"]))

    def _keep(self, whole: Mapping[str, Any], want: dict[str, Any], have: dict[str, Any] | None) -> None:
        """One listener with its pool, monitor and members as wanted. whole: the load balancer as it is."""
        balancer, called, port = whole["id"], whole["name"], want["port"]
        ids = self.parts.setdefault(port, {"listener": None, "pool": None, "monitor": None, "members": {}})
        if not ids["listener"]:
            ids["listener"] = self._write("POST", balancer, "listeners", f"create listener {port} of", listener={
                "protocol": want["protocol"], "protocol_port": port, "loadbalancer_id": balancer, "name": f"{called}-{port}"})
        if not ids["pool"]:
            ids["pool"] = self._write("POST", balancer, "pools", f"create the pool of listener {port} of", pool={
                "listener_id": ids["listener"], "lb_algorithm": want["algorithm"], "protocol": want["protocol"], "name": f"{called}-{port}"})
        elif have and have["algorithm"] != want["algorithm"]:
            self._write("PUT", balancer, f"pools/{ids['pool']}", f"change the algorithm of listener {port} of",
                        pool={"lb_algorithm": want["algorithm"]})
        self._keep_monitor(balancer, port, want["monitor"], have["monitor"] if have else None)
        self._keep_members(balancer, port, want["members"], have["members"] if have else ())

    def _keep_monitor(self, balancer: str, port: int, want: dict[str, Any] | None, have: dict[str, Any] | None) -> None:
        if want == have:
            return
        ids = self.parts[port]
        sent = {MONITOR_API.get(name, name): value for name, value in (want or {}).items() if value is not None}
        if have and want and have["type"] == want["type"]:
            sent.pop("type")
            self._write("PUT", balancer, f"healthmonitors/{ids['monitor']}", f"change the health monitor of listener {port} of", healthmonitor=sent)
            return
        if have:
            self._write("DELETE", balancer, f"healthmonitors/{ids['monitor']}", f"remove the health monitor of listener {port} of")
        if want:
            self._write("POST", balancer, "healthmonitors", f"create the health monitor of listener {port} of",
                        healthmonitor={"pool_id": ids["pool"], **sent})

    def _keep_members(self, balancer: str, port: int, want: Iterable[Mapping[str, Any]], have: Iterable[Mapping[str, Any]]) -> None:
        ids, there, wanted = self.parts[port], {_member_key(each): each for each in have}, {_member_key(each): each for each in want}
        base = f"pools/{ids['pool']}/members"
        for key, member in wanted.items():
            doing, now = f"member {member['address']} of listener {port} of", there.get(key)
            if now and now["subnet"] != member["subnet"]:       # which no call changes; two of one address cannot be
                self._write("DELETE", balancer, f"{base}/{ids['members'][key]}", f"move {doing}")
                now = None
            if not now:
                self._write("POST", balancer, base, f"add {doing}", member={
                    "subnet_id": member["subnet"], "address": member["address"], "protocol_port": member["port"], "weight": member["weight"]})
            elif now["weight"] != member["weight"]:
                self._write("PUT", balancer, f"{base}/{ids['members'][key]}", f"change {doing}", member={"weight": member["weight"]})
        for key in there.keys() - wanted.keys():
            self._write("DELETE", balancer, f"{base}/{ids['members'][key]}", f"remove member {key[0]} of listener {port} of")

    def _drop(self, balancer: str, port: int) -> None:
        """A listener and what hangs on it: a pool is in use while it has a monitor."""
        ids = self.parts.pop(port)
        shared = any(ids["pool"] == other["pool"] for other in self.parts.values())     # then it goes with the last of them
        for kind, noun in (("monitor", "healthmonitors"), ("pool", "pools"), ("listener", "listeners")):
            if ids[kind] and not (shared and kind != "listener"):
                self._write("DELETE", balancer, f"{noun}/{ids[kind]}", f"remove {kind} {port} of")

    def _write(self, method: str, balancer: str, path: str, doing: str, **json: Any) -> str:
        """One change, once the load balancer takes one; the id of what was made."""
        for more in (True, True, False):
            self._wait_for(balancer)
            try:
                made = self.cloud.call(method, "network", f"/lbaas/{path}", doing=doing, to=f"load balancer {self.name}", json=json or None,
                                       gone_is_fine=method == "DELETE")
                return str(next(iter(made.values()))["id"]) if made and method == "POST" else ""
            except Refused as no:               # what said ACTIVE may have lagged behind
                if not (more and no.answer and no.answer.status == 409):
                    raise
                self.cloud.clock.sleep(3)
        raise AssertionError                    # the last turn returns or raises

    def _wait_for(self, balancer: str) -> None:
        """Until it takes changes; one that is to go need not be well for that."""
        def read() -> dict[str, Any]:
            return dict(self.cloud.call("GET", "network", f"{self.path}/{balancer}", doing="read load balancer", to=self.name)[self.key])

        judge = removable if self.params.get("state") == "absent" else active
        wait(lambda: self.patiently(balancer, read), judge, self.params["wait_seconds"], 3, self.cloud.clock,
             doing="see it take changes: load balancer", to=self.name, show=lambda seen: seen["provisioning_status"])

    def broken(self, have: dict[str, Any]) -> bool:
        return str(have["status"]).startswith("ERROR")

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until what was changed is in force."""
        if now["status"] == "ACTIVE":
            return now
        self._wait_for(now["id"])
        return self.get(now["id"])

    def delete(self, have: dict[str, Any]) -> None:
        """What hangs on it first, then itself; wait until it is gone, so that its subnet may go next."""
        for port in list(self.parts):
            self._drop(have["id"], port)
        for ids in self.loose:
            if ids["monitor"]:
                self._write("DELETE", have["id"], f"healthmonitors/{ids['monitor']}", "remove the health monitor of a pool without a listener of")
            self._write("DELETE", have["id"], f"pools/{ids['pool']}", "remove a pool without a listener of")
        self._write("DELETE", have["id"], f"loadbalancers/{have['id']}", "remove")
        self.see_gone(lambda: next(({"status": raw["provisioning_status"]} for raw in self._all("loadbalancers")
                                    if raw["id"] == have["id"] and raw["provisioning_status"] != "DELETED"), None))


def _member_key(member: Mapping[str, Any]) -> tuple[str, int]:
    return member["address"], member["port"]


def _api_key(member: Mapping[str, Any]) -> tuple[str, int]:
    return member["address"], member["protocol_port"]


def _monitor(raw: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A health monitor in our words; a TCP check has neither path nor codes."""
    if not raw:
        return None
    http = raw["type"] != "TCP"
    return {"type": raw["type"], "delay": raw["delay"], "timeout": raw["timeout"], "max_retries": raw["max_retries"],
            "path": raw.get("url_path") if http else None, "expected_codes": raw.get("expected_codes") if http else None}
