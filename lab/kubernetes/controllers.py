# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controllers of one cluster: every pass brings the store a step nearer to what its objects ask for.

They decide nothing themselves: `rollout`, `jobs` and `autoscale` do, and are pure. A pass over a store at rest writes nothing.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from lab.kubernetes import autoscale, defaults, jobs, quantity, quotas, rollout
from lab.kubernetes.autoscale import Memory, PodCpu
from lab.kubernetes.kinds import BY_NAME
from lab.kubernetes.rollout import HASH_LABEL, REVISION, Group
from lab.kubernetes.store import Store, kind_of, owner_reference, timestamp
from lab.kubernetes.writes import Options, Writer

Object = dict[str, Any]
MANAGER = Options(manager="kube-controller-manager")
HPA_SECONDS = 15.0          # how often an autoscaler looks, as in Kubernetes
NOTHING: Object = {}


class Controllers:
    """One pass at a time over `store`. `cpu(pod)`: cores a pod uses, or None while there is no figure; `metrics()`: whether there is a metrics
    API to ask for that at all."""

    def __init__(self, store: Store, cpu: Callable[[Object], float | None], metrics: Callable[[], bool] = lambda: True):
        self.store = store
        self.writer = Writer(store)
        self.cpu = cpu
        self.metrics = metrics
        self._memories: dict[str, Memory] = {}
        self._looked: dict[str, float] = {}

    def run(self) -> None:
        """One pass. What a controller changes the next pass sees."""
        self._collect()
        for deployment in self.store.all("Deployment"):
            self._deployment(deployment)
        for replica_set in self.store.all("ReplicaSet"):
            self._replica_set(replica_set)
        for job in self.store.all("Job"):
            self._job(job)
        for autoscaler in self.store.all("HorizontalPodAutoscaler"):
            self._autoscaler(autoscaler)
        for budget in self.store.all("PodDisruptionBudget"):
            self._budget(budget)
        for quota in self.store.all("ResourceQuota"):
            pods = self.store.all("Pod", quota["metadata"]["namespace"])
            self.store.set_status(quota, {"hard": quota.get("spec", {}).get("hard", {}), "used": quotas.used(quota, pods)})

    # --- what has no reason to be there any more

    def _collect(self) -> None:
        everything = list(self.store.everything())
        alive = {thing["metadata"]["uid"] for thing in everything}
        ending = {thing["metadata"]["name"] for thing in everything if thing["kind"] == "Namespace" and "deletionTimestamp" in thing["metadata"]}
        for thing in everything:
            owners = thing["metadata"].get("ownerReferences", ())
            orphaned = owners and all(owner["uid"] not in alive for owner in owners)
            if (orphaned or thing["metadata"].get("namespace") in ending) and "deletionTimestamp" not in thing["metadata"]:
                self._delete(thing)
        for name in ending:
            if not any(thing["metadata"].get("namespace") == name for thing in self.store.everything()):
                namespace = self.store.get("Namespace", "", name)
                if namespace:
                    self.store.drop(namespace)

    def _delete(self, thing: Object) -> None:
        self.writer.delete(kind_of(thing), thing["metadata"].get("namespace", ""), thing["metadata"]["name"], {}, MANAGER)

    # --- Deployment and ReplicaSet

    def _deployment(self, deployment: Object) -> None:
        if "deletionTimestamp" in deployment["metadata"]:
            return
        sets = sorted(self.store.owned(deployment, "ReplicaSet"), key=lambda item: int(item["metadata"]["annotations"].get(REVISION, "0")))
        new = next((item for item in reversed(sets) if _template(item) == deployment["spec"]["template"]), None)
        if new is None:
            new = self._new_set(deployment, sets)
        elif sets[-1] is not new:                                   # rolled back to an older template: it is the newest again
            new = self._revise(new, _revision(sets) + 1)
        deployment = self._show_revision(deployment, new)
        old = [item for item in sets if item["metadata"]["uid"] != new["metadata"]["uid"]]
        leftover = sum(len(self.store.owned(item, "Pod")) for item in old)
        wanted = rollout.step(deployment["spec"], _group(new), [_group(item) for item in old], leftover)
        everyone = [self._resize(item, wanted[item["metadata"]["name"]]) for item in [*old, new]]
        now = self.store.clock()
        self.store.set_status(deployment, rollout.status(deployment, everyone[-1], everyone, now, timestamp(now)))
        self._forget_old(deployment, everyone[:-1])

    def _new_set(self, deployment: Object, sets: list[Object]) -> Object:
        template = copy.deepcopy(deployment["spec"]["template"])
        digest = rollout.template_hash(template)
        template["metadata"].setdefault("labels", {})[HASH_LABEL] = digest
        selector = copy.deepcopy(deployment["spec"]["selector"])
        selector.setdefault("matchLabels", {})[HASH_LABEL] = digest
        metadata = deployment["metadata"]
        return self.store.put(self.store.born({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {"name": f"{metadata['name']}-{digest}", "namespace": metadata["namespace"], "labels": template["metadata"]["labels"],
                         "annotations": {REVISION: str(_revision(sets) + 1)}, "ownerReferences": [owner_reference(deployment)]},
            "spec": {"replicas": 0, "selector": selector, "template": template,
                     "minReadySeconds": deployment["spec"].get("minReadySeconds", 0)},
            "status": {"replicas": 0},
        }))

    def _revise(self, replica_set: Object, revision: int) -> Object:
        annotations = {**replica_set["metadata"]["annotations"], REVISION: str(revision)}
        return self.store.put({**replica_set, "metadata": {**replica_set["metadata"], "annotations": annotations}})

    def _show_revision(self, deployment: Object, new: Object) -> Object:
        annotations = deployment["metadata"].get("annotations", {})
        revision = new["metadata"]["annotations"][REVISION]
        if annotations.get(REVISION) == revision:
            return deployment
        return self.store.put({**deployment, "metadata": {**deployment["metadata"], "annotations": {**annotations, REVISION: revision}}})

    def _resize(self, replica_set: Object, replicas: int) -> Object:
        if replica_set["spec"]["replicas"] == replicas:
            return replica_set
        generation = replica_set["metadata"]["generation"] + 1
        return self.store.put({**replica_set, "metadata": {**replica_set["metadata"], "generation": generation},
                               "spec": {**replica_set["spec"], "replicas": replicas}})

    def _forget_old(self, deployment: Object, old: list[Object]) -> None:
        empty = [item for item in old if not item["spec"]["replicas"] and not item["status"].get("replicas")]
        for item in empty[:max(0, len(empty) - deployment["spec"]["revisionHistoryLimit"])]:
            self._delete(item)

    def _replica_set(self, replica_set: Object) -> None:
        if "deletionTimestamp" in replica_set["metadata"]:
            return
        pods = [pod for pod in self.store.owned(replica_set, "Pod") if _living(pod)]
        surplus = len(pods) - replica_set["spec"]["replicas"]
        for pod in rollout.victims(pods, max(0, surplus)):
            self._delete(pod)
            pods.remove(pod)
        refused = ""
        for _ in range(-surplus):
            made, refused = self._new_pod(replica_set, replica_set["spec"]["template"])
            if made is None:
                break
            pods.append(made)
        now, least = self.store.clock(), replica_set["spec"].get("minReadySeconds", 0)
        counts = {"fullyLabeledReplicas": len(pods), "readyReplicas": sum(rollout.available(pod, 0, now) for pod in pods),
                  "availableReplicas": sum(rollout.available(pod, least, now) for pod in pods)}
        # Told once: the name of the pod that could not be made is another each time.
        failure = rollout.condition(replica_set, "ReplicaFailure") or {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
                                                                       "message": refused, "lastTransitionTime": self.store.now()}
        self.store.set_status(replica_set, {"replicas": len(pods), "observedGeneration": replica_set["metadata"]["generation"],
                                            **{key: value for key, value in counts.items() if value},
                                            **({"conditions": [failure]} if refused else {})})

    def _new_pod(self, owner: Object, template: Object) -> tuple[Object | None, str]:
        """The pod; or None, and why its namespace takes no more."""
        metadata = copy.deepcopy(template.get("metadata", {}))
        metadata |= {"name": f"{owner['metadata']['name']}-{defaults.random_suffix()}", "namespace": owner["metadata"]["namespace"],
                     "generateName": f"{owner['metadata']['name']}-", "ownerReferences": [owner_reference(owner)]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": copy.deepcopy(template["spec"])}
        defaults.fill("Pod", pod)
        refused = self.writer.over_quota(pod)
        return (None, refused) if refused else (self.store.put(self.store.born(pod)), "")

    # --- Job

    def _job(self, job: Object) -> None:
        if "deletionTimestamp" in job["metadata"]:
            return
        now = self.store.clock()
        if jobs.expired(job, now):
            self._delete(job)
            return
        decision = jobs.decide(job, self.store.owned(job, "Pod"), now)
        for pod in decision.delete:
            self._delete(pod)
        for _ in range(decision.create):
            self._new_pod(job, job["spec"]["template"])         # or none: a Job tries again, and says nothing of it but in events
        self.store.set_status(job, decision.status)

    # --- HorizontalPodAutoscaler

    def _autoscaler(self, autoscaler: Object) -> None:
        uid, now = autoscaler["metadata"]["uid"], self.store.clock()
        if now - self._looked.get(uid, 0.0) < HPA_SECONDS:
            return
        self._looked[uid] = now
        memory = self._memories.setdefault(uid, Memory())
        spec, was = autoscaler["spec"], autoscaler.get("status", {})
        reference = spec["scaleTargetRef"]
        namespace = autoscaler["metadata"]["namespace"]
        target = self.store.get(reference["kind"], namespace, reference["name"]) if reference["kind"] in BY_NAME else None
        if target is None or "replicas" not in target.get("spec", {}):
            why = f'{reference["kind"].lower()}s "{reference["name"]}" not found'
            self._show(autoscaler, was, {"desiredReplicas": 0, "currentReplicas": 0},
                       [("AbleToScale", False, "FailedGetScale", f"the HPA controller was unable to get the target's current scale: {why}")])
            return
        current = target["spec"]["replicas"]
        if current == 0:
            self._show(autoscaler, was, {"desiredReplicas": 0, "currentReplicas": 0},
                       [("AbleToScale", True, "SucceededGetScale", "the HPA controller was able to get the target's current scale"),
                        ("ScalingActive", False, "ScalingDisabled", "scaling is disabled since the replica count of the target is zero")])
            return
        pods = [pod for pod in self.store.all("Pod", namespace, target["spec"]["selector"]) if _living(pod)]
        goal = spec["metrics"][0]["resource"]["target"]["averageUtilization"]
        measured = autoscale.measure(current, goal, [self._figures(pod) for pod in pods]) if self.metrics() else autoscale.unmeasured(current)
        desired, reason = autoscale.settle(spec, current, measured.replicas, memory, now)
        if desired != current:
            self.writer.scale(BY_NAME[target["kind"]], namespace, reference["name"], desired, Options(manager="horizontal-pod-autoscaler"))
            autoscale.remember(memory, now, desired - current)
            was = {**was, "lastScaleTime": timestamp(now)}
        self._show_scale(autoscaler, was, measured, (current, desired, reason))

    def _figures(self, pod: Object) -> PodCpu:
        requests = [container["resources"].get("requests", {}).get("cpu") for container in pod["spec"]["containers"]]
        asked = None if None in requests else float(sum(quantity.parse(text) for text in requests))
        return PodCpu(pod["metadata"]["name"], self.cpu(pod), asked, rollout.available(pod, 0, self.store.clock()))

    def _show_scale(self, autoscaler: Object, was: Object, measured: autoscale.Measure, outcome: tuple[int, int, str]) -> None:
        current, desired, reason = outcome
        body: Object = {"currentReplicas": current, "desiredReplicas": desired}
        conditions = [("AbleToScale", True, "SucceededRescale", f"the HPA controller was able to update the target scale to {desired}")
                      if desired != current else ("AbleToScale", True, "ReadyForNewScale", "recommended size matches current size")]
        if measured.problem:
            conditions.append(("ScalingActive", False, "FailedGetResourceMetric",
                               f"the HPA was unable to compute the replica count: {measured.problem}"))
        else:
            body["currentMetrics"] = [{"type": "Resource", "resource": {"name": "cpu", "current": {
                "averageUtilization": measured.utilization, "averageValue": f"{round(measured.average * 1000)}m"}}}]
            conditions.append(("ScalingActive", True, "ValidMetricFound",
                               "the HPA was able to successfully calculate a replica count from cpu resource utilization"))
        limited = reason in ("TooFewReplicas", "TooManyReplicas", "ScaleUpLimit", "ScaleDownLimit")
        conditions.append(("ScalingLimited", limited, reason if limited else "DesiredWithinRange",
                           "the desired replica count is limited" if limited else "the desired count is within the acceptable range"))
        self._show(autoscaler, was, body, conditions)

    def _show(self, autoscaler: Object, was: Object, body: Object, conditions: list[tuple[str, bool, str, str]]) -> None:
        shown: list[Object] = []
        old = {item["type"]: item for item in was.get("conditions", ())}
        for kind, value, reason, message in conditions:
            new = {"type": kind, "status": str(value), "reason": reason, "message": message}
            shown += rollout.set_condition([old[kind]] if kind in old else [], new, self.store.now(), update_time=False)
        kept = {"lastScaleTime": was["lastScaleTime"]} if "lastScaleTime" in was else {}
        self.store.set_status(autoscaler, {**kept, **body, "conditions": shown})

    # --- PodDisruptionBudget: arithmetic only, the lab evicts nothing

    def _budget(self, budget: Object) -> None:
        spec = budget.get("spec", {})
        pods = [pod for pod in self.store.all("Pod", budget["metadata"]["namespace"], spec.get("selector", NOTHING)) if _living(pod)]
        healthy = sum(rollout.available(pod, 0, self.store.clock()) for pod in pods)
        if "maxUnavailable" in spec:
            needed = len(pods) - rollout.share(spec["maxUnavailable"], len(pods), up=True)
        else:
            needed = rollout.share(spec.get("minAvailable", 0), len(pods), up=True)
        needed = max(0, needed)
        self.store.set_status(budget, {
            "observedGeneration": budget["metadata"]["generation"], "expectedPods": len(pods), "currentHealthy": healthy,
            "desiredHealthy": needed, "disruptionsAllowed": max(0, healthy - needed)})


def _living(pod: Object) -> bool:
    return "deletionTimestamp" not in pod["metadata"] and pod["status"]["phase"] in ("Pending", "Running")


def _template(replica_set: Object) -> Object:
    """A set's template as its Deployment wrote it: without the hash label."""
    template = copy.deepcopy(replica_set["spec"]["template"])
    template["metadata"]["labels"].pop(HASH_LABEL, None)
    return template


def _revision(sets: list[Object]) -> int:
    return max((int(item["metadata"]["annotations"].get(REVISION, "0")) for item in sets), default=0)


def _group(replica_set: Object) -> Group:
    return Group(replica_set["metadata"]["name"], replica_set["spec"]["replicas"], replica_set["status"].get("availableReplicas", 0))
