# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Node group of an NKS cluster: workers of one kind. The first one, default-worker, comes and goes with its cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..engine import Field, unseen
from ..faults import BadInput
from ..waiting import FAILED, PENDING, READY, wait
from . import kubernetes_autoscaler as autoscaler
from .iaas import segment
from .kubernetes_cluster import WORKERS, at_rest, complete, once_taken, refuse_failed, refuse_name, told_apart
from .kubernetes_labels import harmless, typed_of_group
from .resource import Resource, waits
from .spelling import within

CONTROL_PLANE = "default-master"


class KubernetesNodeGroup(Resource):
    """Fields as listed below, flavor as id. Also read: id (uuid), status, status_reason, addresses. What becomes a label (zone, volume,
    labels) and the image are used at birth and not compared: the service rewrites them as it upgrades."""

    noun, service = "node group", "kubernetes"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("cluster", fixed=True, option={"type": "str", "required": True}),
        Field("flavor", needed=True),
        Field("node_count", tidy=within(*autoscaler.NODES), option={"type": "int"}),
        Field("autoscaler", same=autoscaler.same, option=autoscaler.OPTION),
        Field("zone", needed=True, same=unseen),
        Field("image", needed=True, same=unseen),
        Field("volume_type", same=unseen, option={"type": "str", "default": "General SSD"}),
        Field("volume_gb", same=unseen, option={"type": "int", "default": 50}),
        Field("labels", same=unseen, secret=True, tidy=typed_of_group, option={"type": "dict"}),
    )
    options: ClassVar[dict[str, Any]] = waits(1800)
    _want: dict[str, Any]

    @classmethod
    def shown(cls, params: Mapping[str, Any]) -> set[str]:
        return harmless(params.get("labels"))

    def locate(self) -> dict[str, Any]:
        going = self.params["state"] == "absent"
        wrong = list(autoscaler.faults(self.params.get("autoscaler")))
        if self.name == CONTROL_PLANE:
            wrong.append(f"name: {CONTROL_PLANE} is the control plane, which the service keeps to itself")
        if wrong:
            raise BadInput(wrong)
        self.at = f"/clusters/{segment(self.params['cluster'])}"
        self.path = f"{self.at}/nodegroups"
        if not going and self.find() is None and not self._ask("", gone_is_fine=True):
            self.needs.append(f"kubernetes cluster {self.params['cluster']}")
        return {}

    def find(self) -> dict[str, Any] | None:
        """By name. Nobody there is told when the cluster is not there either."""
        raw = self._ask(f"/nodegroups/{segment(self.name)}", gone_is_fine=True)
        return self._whole(raw) if raw and self.name in (raw["uuid"], raw["name"]) else None

    def look_up(self, identity: str) -> dict[str, Any]:
        return self._whole(self._ask(f"/nodegroups/{identity}"))

    def refuse_removal(self, have: dict[str, Any]) -> None:
        """The first group is refused whatever it is called by here: with it all workers of its cluster would go."""
        if have["name"] == WORKERS:
            raise BadInput([f"name: {WORKERS} goes with its cluster and not before"])

    def _ask(self, below: str, gone_is_fine: bool = False) -> dict[str, Any]:
        with told_apart(self.cloud, self.params["cluster"]):
            return self.cloud.call("GET", "kubernetes", self.at + below, doing="read node group", to=self.name, gone_is_fine=gone_is_fine)

    def _whole(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The group with its autoscaler, which is told apart, unless it is going anyway."""
        now = self.shape(raw)
        if self.params["state"] == "present":
            now["autoscaler"] = autoscaler.shape(self._ask(f"/nodegroups/{now['id']}/autoscale", gone_is_fine=True))
        return now

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        return {"id": raw["uuid"], "name": raw["name"], "cluster": self.params["cluster"], "status": raw.get("status"),
                "status_reason": raw.get("status_reason"), "flavor": raw.get("flavor_id"), "node_count": int(raw.get("node_count") or 0),
                "addresses": raw.get("node_addresses") or []}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        self._want = want
        have = self.have or {}
        refuse_failed(self.noun, self.name, self.have)
        if "autoscaler" in want:
            want["autoscaler"] = autoscaler.said_on_top(have.get("autoscaler"), want["autoscaler"])
            if wrong := list(autoscaler.faults(want["autoscaler"])):
                raise BadInput(wrong)
        if "flavor" in want and want["flavor"] != have.get("flavor"):
            want["flavor"] = self.cloud.offered("flavor", "compute", "/flavors", want["flavor"])
        if self.have is None:
            refuse_name(self.name)
            self.cloud.refuse_unknown_zone(want.get("zone"))
            self.cloud.refuse_unknown_volume_type(want.get("volume_type"))
            if wrong := list(autoscaler.faults(want.get("autoscaler"), want.get("node_count", 1))):
                raise BadInput(wrong)
            if "image" in want:
                want["image"] = self.cloud.image(want["image"], nhncloud_allow_nks_cpu_flavor="true", visibility="public")["id"]
        elif autoscaler.rules(have.get("autoscaler"), want.get("autoscaler")):
            want.pop("node_count", None)
        return want

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        labels = {"availability_zone": values["zone"], "boot_volume_type": values["volume_type"], "boot_volume_size": str(values["volume_gb"]),
                  **autoscaler.labels(values.get("autoscaler")), **(values.get("labels") or {})}
        return {"name": self.name, "flavor_id": values["flavor"], "image_id": values["image"], "node_count": values.get("node_count", 1),
                "labels": labels}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        self._cluster_at_rest()
        made = self._send("POST", self.path, "create node group", self.body(want))
        if (want.get("autoscaler") or {}).get("enabled"):
            self._want.pop("node_count", None)
        return self.settled(self.get(self.made(made["uuid"])))

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        """One thing after another, each to its end. An autoscaler that goes off goes first and one that comes on comes last, as nodes
        cannot be counted by hand while it is on."""
        now = self.settled(have)
        order = ["node_count", "autoscaler"] if (want.get("autoscaler") or {}).get("enabled") else ["autoscaler", "node_count"]
        for name in [name for name in ("flavor", *order) if name in drift]:
            self._cluster_at_rest()
            now = getattr(self, f"_change_{name}")(now, want[name])
        return now

    def _change_flavor(self, now: dict[str, Any], flavor: str) -> dict[str, Any]:
        """The service replaces the nodes, one at a time as it does unless told otherwise."""
        self._send("PATCH", f"{self.path}/{now['id']}", "change the flavor of node group", {"type": "flavor_id", "flavor_id": flavor})
        return self._until(lambda seen: seen["flavor"] == flavor, now["id"], "see its nodes replaced")

    def _change_node_count(self, now: dict[str, Any], count: int) -> dict[str, Any]:
        self._send("POST", f"{self.at}/actions/resize", "resize node group", {"nodegroup": now["id"], "node_count": count})
        return self._until(lambda seen: seen["node_count"] == count, now["id"], "see it resized")

    def _change_autoscaler(self, now: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
        self._send("POST", f"{self.path}/{now['id']}/autoscale", "set the autoscaler of node group", autoscaler.body(said))
        if said.get("enabled"):
            self._want.pop("node_count", None)      # from here on the nodes are counted by it
        return self._until(lambda seen: autoscaler.same(seen["autoscaler"], said), now["id"], "see the autoscaler set")

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until nothing is in progress."""
        return now if complete(now) == READY else self._until(lambda _unused: True, now["id"], "see it complete")

    def delete(self, have: dict[str, Any]) -> None:
        """Remove it and wait until it is gone; a cluster that failed may have it removed."""
        self._cluster_at_rest(at_rest)
        super().delete(have)

        def gone(seen: Mapping[str, Any] | None) -> str:
            return READY if seen is None else FAILED if seen["status"] == "DELETE_FAILED" else PENDING

        wait(self.find, gone, self.params["wait_seconds"], 5, self.cloud.clock, doing="see it gone: node group", to=self.name,
             show=lambda seen: seen and seen["status"])

    def _send(self, method: str, path: str, doing: str, body: dict[str, Any]) -> dict[str, Any]:
        return once_taken(self.cloud, lambda: self.cloud.call(method, "kubernetes", path, doing=doing, to=self.name, json=body),
                          self._cluster_at_rest)

    def _cluster_at_rest(self, judge: Callable[[Mapping[str, Any]], str] = complete) -> None:
        """A cluster in change takes no other one."""
        wait(lambda: self._ask(""), judge, self.params["wait_seconds"], 5, self.cloud.clock, doing="see its cluster at rest: node group",
             to=self.name, show=lambda seen: seen["status"])

    def _until(self, done: Callable[[Mapping[str, Any]], bool], identity: str, doing: str) -> dict[str, Any]:
        def judge(seen: Mapping[str, Any]) -> str:
            verdict = complete(seen)
            return PENDING if verdict == READY and not done(seen) else verdict

        return wait(lambda: self.get(identity), judge, self.params["wait_seconds"], 5, self.cloud.clock, doing=f"{doing}: node group",
                    to=self.name, show=lambda seen: f"{seen['status']} {seen['status_reason'] or ''}".strip())
