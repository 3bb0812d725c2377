# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Floating IP: a public address, known by its label, bound to a port or free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine import Field, Plan
from ..faults import Fault
from ..waiting import FAILED, PENDING, READY, wait
from .iaas import meant
from .resource import Resource


def bound(seen: Mapping[str, Any]) -> str:
    """Ready when the status says what the binding says: the answer to a change still shows the old one."""
    if seen["status"] == "ERROR":
        return FAILED
    return READY if (seen["status"] == "ACTIVE") == bool(seen["port"]) else PENDING


class FloatingIp(Resource):
    """Fields: name (the label), port (id, "" for none), delete_protection. Also read: id, address, fixed_address, status."""

    noun, path, key = "floating ip", "/floatingips", "floatingip"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("port"),
        Field("delete_protection", option={"type": "bool"}),
    )

    as_it_is = False                            # broken, and only to lose its protection

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        return meant(found, self.noun, self.name, "label")

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if want.get("port"):
            want["port"] = self.parent("port", "network", "/ports", want["port"])
            if want["port"] != (self.have or {}).get("port"):
                self._note_way_out(want["port"])
                self._note_another(want["port"])
        return want

    def _note_another(self, port: str) -> None:
        """Note in self.needs that another address is bound to it, as a port has one. That one may be about to go, so it is not forbidden."""
        others = [raw for raw in self.cloud.list("network", self.path, self.plural) if raw.get("port_id") == port]
        self.needs += [f"port {self.params['port']} free of floating ip {raw.get('label') or raw['floating_ip_address']}" for raw in others]

    def _note_way_out(self, port: str) -> None:
        ends = [end for raw in self.cloud.list("network", "/ports", "ports") if raw["id"] == port for end in raw.get("fixed_ips") or ()]
        for end in ends[:1]:                    # the one that a public address is bound to
            self.note_way_out(end.get("subnet_id"))

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["id"], "name": raw.get("label"), "port": raw.get("port_id") or "", "address": raw["floating_ip_address"],
                "fixed_address": raw.get("fixed_ip_address"), "status": raw["status"],
                "delete_protection": bool(raw.get("delete_protection"))}

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        sent = dict(values)
        if "name" in sent:
            sent.update(label=sent.pop("name"), floating_network_id=self.cloud.external_network()["id"])
        if "port" in sent:
            sent["port_id"] = sent.pop("port") or None
        return sent

    def broken(self, have: dict[str, Any]) -> bool:
        return bound(have) == FAILED

    def cured_by(self, step: Plan) -> bool:
        self.as_it_is = step.drift == ("delete_protection",)
        return self.as_it_is or "port" in step.drift

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until the binding is in force."""
        if bound(now) == READY or self.as_it_is:
            return now
        return wait(lambda: self.get(now["id"]), bound, 60, 2, self.cloud.clock, doing="see it bound: floating ip", to=self.name,
                    show=lambda seen: seen["status"])

    def refuse_removal(self, have: dict[str, Any]) -> None:
        if have["delete_protection"]:
            raise Fault("remove floating ip", self.name, left="It is protected from deletion and was not touched.",
                        then="Take the protection away first, with delete_protection: false, then run again.")

    def delete(self, have: dict[str, Any]) -> None:
        """Free it, then give the address back."""
        if have["port"]:
            self.update(have, {**have, "port": ""}, ("port",))
        super().delete(have)
