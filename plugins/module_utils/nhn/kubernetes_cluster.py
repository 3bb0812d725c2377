# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NKS cluster. One template for all, everything else in string labels; the CNI and DNS addons are always named, as clusters made without
them were seen to fail in their worker group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field, unseen
from ..faults import Fault, Refused
from ..waiting import FAILED, PENDING, READY, wait
from .iaas import only
from .resource import Resource, waits

TEMPLATE = "iaas_console"
WORKERS = "default-worker"
NEW_KEYPAIR_SECONDS = 90            # a keypair just made is unknown to the service for about half a minute
ADDONS: list[dict[str, Any]] = [
    {"name": "calico", "version": "v3.28.2-nks1", "options": {"mode": "vxlan"}},
    {"name": "coredns", "version": "1.8.4-nks1"},
]
ADDON: dict[str, Any] = {"name": {"type": "str", "required": True}, "version": {"type": "str", "required": True}, "options": {"type": "dict"}}


def complete(cluster: Mapping[str, Any]) -> str:
    """Ready in *_COMPLETE, failed in *_FAILED, else pending."""
    status = cluster["status"] or ""
    return READY if status.endswith("_COMPLETE") else FAILED if status.endswith("_FAILED") else PENDING


class KubernetesCluster(Resource):
    """Fields as listed below, vpc, subnet and flavor as ids. Also read: id (uuid), status, api_address. What becomes a label (zone, image,
    volume, addons, public_endpoint, labels) is used at birth and not compared: the service rewrites labels as it upgrades."""

    noun, service, path, key = "kubernetes cluster", "kubernetes", "/clusters", "cluster"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("version", needed=True, fixed=True),
        Field("keypair", needed=True, fixed=True),
        Field("vpc", needed=True, fixed=True),
        Field("subnet", needed=True, fixed=True),
        Field("flavor", needed=True, fixed=True),
        Field("node_count", needed=True, option={"type": "int"}),
        Field("zone", needed=True, same=unseen),
        Field("image", needed=True, same=unseen),
        Field("volume_type", same=unseen, option={"type": "str", "default": "General SSD"}),
        Field("volume_gb", same=unseen, option={"type": "int", "default": 50}),
        Field("public_endpoint", same=unseen, option={"type": "bool", "default": True}),
        Field("addons", same=unseen, option={"type": "list", "elements": "dict", "options": ADDON}),
        Field("labels", same=unseen, option={"type": "dict"}),
    )
    options: ClassVar[dict[str, Any]] = waits(3600)

    def find(self) -> dict[str, Any] | None:
        found = only([raw for raw in self.cloud.list("kubernetes", self.path, "clusters") if raw["name"] == self.name], self.noun, self.name)
        raw = found and self._read(found["uuid"], gone_is_fine=True)     # it may go between the list and the look
        return self.shape(raw) if raw else None

    def get(self, identity: str) -> dict[str, Any]:
        return self.shape(self._read(identity))

    def _read(self, identity: str, gone_is_fine: bool = False) -> dict[str, Any]:
        return self.cloud.call("GET", "kubernetes", f"{self.path}/{identity}", doing="read kubernetes cluster", to=self.name,
                               gone_is_fine=gone_is_fine)

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["uuid"], "name": raw["name"], "status": raw["status"], "status_reason": raw.get("status_reason"),
                "version": (raw.get("labels") or {}).get("kube_tag"), "keypair": raw.get("keypair"), "vpc": raw.get("fixed_network"),
                "subnet": raw.get("fixed_subnet"), "flavor": raw.get("flavor_id"), "node_count": int(raw.get("node_count") or 0),
                "api_address": raw.get("api_address")}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        if "vpc" in want:
            want["vpc"] = self.vpc(want["vpc"])
        if "subnet" in want:
            want["subnet"] = self.parent("subnet", "network", "/vpcsubnets", want["subnet"], **({"vpc_id": want["vpc"]} if "vpc" in want else {}))
        if "flavor" in want:
            want["flavor"] = self.cloud.offered("flavor", "compute", "/flavors", want["flavor"])
        if self.have is None:
            if "keypair" in want:
                self.note_keypair(want["keypair"])
            if "image" in want:
                want["image"] = self.cloud.image(want["image"], nhncloud_allow_nks_cpu_flavor="true", visibility="public")
        elif self.have["keypair"] == "managed-by-nks":
            want.pop("keypair", None)
        return want

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        labels = {
            "availability_zone": values["zone"], "node_image": values["image"], "boot_volume_type": values["volume_type"],
            "boot_volume_size": str(values["volume_gb"]), "cert_manager_api": "True", "clusterautoscale": "nodegroupfeature",
            "ca_enable": "False", "kube_tag": values["version"], "master_lb_floating_ip_enabled": str(values["public_endpoint"]),
        }
        if values["public_endpoint"]:
            outside = self.cloud.external_network()["id"]
            networks = self.cloud.list("network", "/networks", "networks", **{"router:external": "True"})
            subnets = [subnet for network in networks if network["id"] == outside for subnet in network.get("subnets", ())]
            labels.update(external_network_id=outside, external_subnet_id_list=":".join(subnets))
        chosen: list[dict[str, Any]] = values.get("addons") or ADDONS
        addons = [{name: value for name, value in addon.items() if value is not None} for addon in chosen]
        return {"name": values["name"], "cluster_template_id": TEMPLATE, "keypair": values["keypair"], "node_count": values["node_count"],
                "flavor_id": values["flavor"], "fixed_network": values["vpc"], "fixed_subnet": values["subnet"], "create_timeout": 60,
                "labels": {**labels, **{name: str(value) for name, value in (values.get("labels") or {}).items()}}, "addons": addons}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Ask for it, again while the service does not know the new keypair yet, and wait until it is complete."""
        body = self.body(want)

        def ask() -> dict[str, Any] | Refused:
            try:
                return self.cloud.call("POST", "kubernetes", self.path, doing="create kubernetes cluster", to=self.name, json=body)
            except Refused as no:
                if no.answer and no.answer.status == 403 and "keypair" in no.answer.words.lower():
                    return no
                raise

        made = wait(ask, lambda got: PENDING if isinstance(got, Refused) else READY, NEW_KEYPAIR_SECONDS, 10, self.cloud.clock,
                    doing="create kubernetes cluster", to=self.name, show=lambda got: str(got.answer) if isinstance(got, Refused) else "made")
        assert not isinstance(made, Refused)
        return self.settled(self.get(made["uuid"]))

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        """Resize the first worker group. The count follows the status with a delay, so both are waited for."""
        self.cloud.call("POST", "kubernetes", f"{self.path}/{have['id']}/actions/resize", doing="resize kubernetes cluster", to=self.name,
                        json={"nodegroup": WORKERS, "node_count": want["node_count"]})

        def resized(cluster: Mapping[str, Any]) -> str:
            verdict = complete(cluster)
            return PENDING if verdict == READY and cluster["node_count"] != want["node_count"] else verdict

        return self._wait(resized, have["id"], "see it resized")

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until nothing is in progress."""
        return now if complete(now) == READY else self._wait(complete, now["id"], "see it complete")

    def delete(self, have: dict[str, Any]) -> None:
        """Remove it and wait until it is gone: its subnet cannot go before."""
        super().delete(have)

        def gone(seen: Mapping[str, Any] | None) -> str:
            return READY if seen is None else FAILED if seen["status"] == "DELETE_FAILED" else PENDING

        wait(self.find, gone, self.params["wait_seconds"], 10, self.cloud.clock, doing="see it gone: kubernetes cluster", to=self.name,
             show=lambda seen: seen and seen["status"])

    def _wait(self, judge: Any, identity: str, doing: str) -> dict[str, Any]:
        return wait(lambda: self.get(identity), judge, self.params["wait_seconds"], 5, self.cloud.clock, doing=f"{doing}: {self.noun}",
                    to=self.name, show=lambda seen: f"{seen['status']} {seen['status_reason'] or ''}".strip())

    def kubeconfig(self, identity: str) -> str:
        """The administrator's kubeconfig, YAML text with a client key inside: never show it."""
        config = self.cloud.call("GET", "kubernetes", f"{self.path}/{identity}/config", doing="fetch the kubeconfig of", to=self.name).get("config")
        if not config:
            raise Fault("fetch the kubeconfig of", self.name, left="The answer held none.", then="Wait until the cluster is complete.")
        return str(config)
