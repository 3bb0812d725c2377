# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The verbs that change a cluster. Every one of them checks first and writes last, so a dry run is the same code without the write."""

from __future__ import annotations

import base64
import copy
from dataclasses import dataclass, field
from typing import Any

import jsonpatch
import jsonpointer

from lab.kubernetes import allocate, defaults, errors, ownership, patch, quotas, rules, schema
from lab.kubernetes.kinds import Kind
from lab.kubernetes.store import Store

Object = dict[str, Any]
SYSTEM_METADATA = ("uid", "creationTimestamp", "generation", "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds",
                   "managedFields", "selfLink")
JOB_LABELS = ("batch.kubernetes.io/controller-uid", "controller-uid")


@dataclass
class Options:
    """How a write was asked for: query parameters, and the manager's name. `warnings` collects what is to be told in headers."""

    manager: str = "unknown"
    dry_run: bool = False
    force: bool = False
    validation: str = "Warn"        # fieldValidation: Strict | Warn | Ignore
    subresource: str = ""
    warnings: list[str] = field(default_factory=list)


class Writer:
    """The writing verbs on one cluster's store."""

    def __init__(self, store: Store):
        self.store = store

    def create(self, kind: Kind, namespace: str, body: Object, options: Options) -> Object:
        """POST."""
        body = self._read(kind, namespace, body, options)
        metadata = body["metadata"]
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + defaults.random_suffix()
        name = metadata.get("name", "")
        with self.store.lock:
            self._namespace_open(kind, namespace)
            if self.store.get(kind.name, namespace, name):
                raise errors.exists(kind, name)
            return self._keep(kind, _without_system(body), None, options)

    def replace(self, kind: Kind, namespace: str, name: str, body: Object, options: Options) -> Object:
        """PUT of the whole object, or of its status."""
        body = self._read(kind, namespace, body, options, name)
        with self.store.lock:
            return self._change(kind, self._existing(kind, namespace, name), body, options)

    def patch(self, kind: Kind, namespace: str, name: str, body: Object, options: Options, *, style: str) -> Object:
        """PATCH in one of the styles "merge" and "strategic-merge"."""
        with self.store.lock:
            was = self._existing(kind, namespace, name)
            given = body.get("metadata", {}).get("resourceVersion")
            try:
                new = patch.json_merge(was, body) if style == "merge" else patch.strategic(kind.model, was, body)
            except ValueError as error:
                raise errors.bad_request(str(error)) from error
            new["metadata"]["resourceVersion"] = given or was["metadata"]["resourceVersion"]
            return self._change(kind, was, self._read(kind, namespace, new, options, name), options)

    def json_patch(self, kind: Kind, namespace: str, name: str, operations: list[Object], options: Options) -> Object:
        """PATCH by operations (RFC 6902)."""
        with self.store.lock:
            was = self._existing(kind, namespace, name)
            try:
                new = jsonpatch.apply_patch(was, operations)
            except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException) as error:
                raise errors.Refused(422, "Invalid", f"the server rejected our request due to an error in our request: {error}") from error
            return self._change(kind, was, self._read(kind, namespace, new, options, name), options)

    def apply(self, kind: Kind, namespace: str, name: str, body: Object, options: Options) -> Object:
        """PATCH in the style "apply": the object is created when it is not there."""
        _value, unknown, _wrong = schema.check(kind.model, body)
        if unknown:
            fault = f".{unknown[0]}: field not declared in schema"
            what = f"{namespace}/{name}; {kind.api_version}, Kind={kind.name}"
            raise errors.Refused(500, "InternalError", f"failed to create typed patch object ({what}): {fault}")
        if "managedFields" in body.get("metadata", {}):
            raise errors.bad_request("metadata.managedFields must be nil")
        config = self._read(kind, namespace, body, options, name)
        if config["metadata"].get("name") != name:
            raise errors.bad_request("name must be provided")
        with self.store.lock:
            self._namespace_open(kind, namespace)
            was = self.store.get(kind.name, namespace, name)
            version = config["metadata"].get("resourceVersion")
            if version and (was is None or version != was["metadata"]["resourceVersion"]):
                raise errors.modified(kind, name)
            try:
                new = ownership.apply(kind.model, was, _without_system(config), manager=options.manager, api_version=kind.api_version,
                                      force=options.force, now=self.store.now())
            except ownership.Conflict as conflict:
                raise errors.owned_by_others(conflict.owners) from conflict
            return self._keep(kind, new, was, options, applied=True)

    def delete(self, kind: Kind, namespace: str, name: str, body: Object, options: Options) -> Object:
        """DELETE. `body`: DeleteOptions. Pods and namespaces go when what stands behind them is gone."""
        with self.store.lock:
            was = self._existing(kind, namespace, name)
            if (body.get("preconditions") or {}).get("uid", was["metadata"]["uid"]) != was["metadata"]["uid"]:
                raise errors.modified(kind, name)
            lingers = kind.name in ("Pod", "Namespace") or was["metadata"].get("finalizers")
            if lingers:
                gone = self._dying(kind, was, body)
            else:
                gone = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                        "details": {"name": name, "group": kind.group, "kind": kind.plural, "uid": was["metadata"]["uid"]}}
            if options.dry_run:
                return gone
            if body.get("propagationPolicy") == "Orphan":
                self._orphan(was)
            if lingers:
                return self.store.put(gone)
            self.store.drop(was)
            return gone

    def scale(self, kind: Kind, namespace: str, name: str, replicas: int, options: Options) -> Object:
        """The scale subresource: only spec.replicas."""
        with self.store.lock:
            was = self._existing(kind, namespace, name)
            return self._change(kind, was, {**was, "spec": {**was["spec"], "replicas": replicas}}, options)

    # --- how the verbs do it

    def _read(self, kind: Kind, namespace: str, body: Object, options: Options, name: str = "") -> Object:
        """The body as an object of `kind`; unknown fields are refused, warned of or dropped, as the client asked."""
        for key, wanted in (("apiVersion", kind.api_version), ("kind", kind.name)):
            if body.get(key, wanted) != wanted:
                raise errors.bad_request(f"the {key} in the data ({body[key]}) does not match the expected one ({wanted})")
        thing, unknown, wrong = schema.check(kind.model, body)
        if wrong:
            raise errors.bad_request(f"{kind.name} in version \"{kind.version}\" cannot be handled as a {kind.name}: {'; '.join(wrong)}")
        if unknown and options.validation == "Strict":
            faults = ", ".join(f'unknown field "{path}"' for path in unknown)
            raise errors.bad_request(f"strict decoding error: {faults}")
        if options.validation == "Warn":
            options.warnings += [f'unknown field "{path}"' for path in unknown]
        metadata = thing.setdefault("metadata", {})
        if name and metadata.setdefault("name", name) != name:
            raise errors.bad_request(f"the name of the object ({metadata['name']}) does not match the name on the URL ({name})")
        if kind.namespaced and metadata.setdefault("namespace", namespace) != namespace:
            raise errors.bad_request("the namespace of the provided object does not match the namespace sent on the request")
        return copy.deepcopy({**thing, "apiVersion": kind.api_version, "kind": kind.name})

    def _existing(self, kind: Kind, namespace: str, name: str) -> Object:
        was = self.store.get(kind.name, namespace, name)
        if was is None:
            raise errors.not_found(kind, name)
        return was

    def _namespace_open(self, kind: Kind, namespace: str) -> None:
        if not kind.namespaced:
            return
        space = self.store.get("Namespace", "", namespace)
        if space is None:
            raise errors.Refused(404, "NotFound", f'namespaces "{namespace}" not found', {"name": namespace, "kind": "namespaces"})
        if "deletionTimestamp" in space["metadata"]:
            raise errors.Refused(403, "Forbidden", f"unable to create new content in namespace {namespace} because it is being terminated")

    def _change(self, kind: Kind, was: Object, body: Object, options: Options) -> Object:
        version = body["metadata"].get("resourceVersion")
        if version and version != was["metadata"]["resourceVersion"]:
            raise errors.modified(kind, was["metadata"]["name"])
        if options.subresource == "status":
            new = {**was, "status": body.get("status", {})}
            return was if new == was else new if options.dry_run else self.store.put(new)
        return self._keep(kind, _without_system(body), was, options)

    def _keep(self, kind: Kind, new: Object, was: Object | None, options: Options, applied: bool = False) -> Object:
        """Complete, check and store an object; one that equals what is stored is not written."""
        managed = new["metadata"].pop("managedFields", [])
        if was is None:
            new = self.store.born({key: value for key, value in new.items() if key != "status"})
        else:
            new["metadata"].update({key: was["metadata"][key] for key in SYSTEM_METADATA if key in was["metadata"]})
            new["metadata"].pop("managedFields", None)
            new |= {"status": was["status"]} if "status" in was else {}
            for key in () if "status" in was else ("status",):
                new.pop(key, None)
        self._complete(kind, new)
        faults = rules.faults(kind, new, was)
        if faults:
            raise errors.invalid(kind, new["metadata"].get("name", ""), faults)
        if was is None and kind.name == "Pod" and (refused := self.over_quota(new)):
            raise errors.Refused(403, "Forbidden", refused, {"name": new["metadata"]["name"], "kind": kind.plural})
        new["metadata"]["managedFields"] = managed if applied else ownership.updated(
            kind.model, was, new, manager=options.manager, api_version=kind.api_version, now=self.store.now())
        if was is not None:
            if new == was:
                return was
            if kind.generation and new.get("spec") != was.get("spec"):
                new["metadata"]["generation"] = was["metadata"].get("generation", 1) + 1
            if "deletionTimestamp" in new["metadata"] and kind.name not in ("Pod", "Namespace") and not new["metadata"].get("finalizers"):
                if not options.dry_run:
                    self.store.drop(was)
                return new
        return new if options.dry_run else self.store.put(new)

    def over_quota(self, pod: Object) -> str:
        """Why the pod's namespace takes it no more; "" when it does."""
        namespace = pod["metadata"]["namespace"]
        return quotas.refusal(self.store.all("ResourceQuota", namespace), self.store.all("Pod", namespace), pod)

    def _complete(self, kind: Kind, new: Object) -> None:
        if kind.name == "Secret" and "stringData" in new:
            plain = new.pop("stringData")
            new["data"] = {**new.get("data", {}), **{key: base64.b64encode(text.encode()).decode() for key, text in plain.items()}}
        if any(True for _ in schema.missing(kind.model, new)):
            return                              # the rules will say what; there is nothing to complete yet
        try:
            defaults.fill(kind.name, new)
        except ValueError as error:
            raise errors.bad_request(str(error)) from error
        if kind.name == "Service":
            allocate.service(new, self.store.all("Service"))
        if kind.name == "Job" and not new["spec"]["manualSelector"]:
            _select_own_pods(new)

    def _dying(self, kind: Kind, was: Object, body: Object) -> Object:
        if "deletionTimestamp" in was["metadata"] and kind.name != "Pod":
            return was
        dying = copy.deepcopy(was)
        dying["metadata"]["deletionTimestamp"] = was["metadata"].get("deletionTimestamp", self.store.now())
        if kind.name == "Pod":
            grace = body.get("gracePeriodSeconds", was["spec"]["terminationGracePeriodSeconds"])
            dying["metadata"]["deletionGracePeriodSeconds"] = min(grace, was["metadata"].get("deletionGracePeriodSeconds", grace))
        if kind.name == "Namespace":
            dying["status"] = {"phase": "Terminating"}
        return dying

    def _orphan(self, owner: Object) -> None:
        for thing in self.store.everything():
            references = thing["metadata"].get("ownerReferences", [])
            kept = [reference for reference in references if reference["uid"] != owner["metadata"]["uid"]]
            if kept != references:
                self.store.put({**thing, "metadata": {**thing["metadata"], "ownerReferences": kept}})


def _without_system(body: Object) -> Object:
    metadata = {key: value for key, value in body["metadata"].items() if key not in SYSTEM_METADATA or key == "managedFields"}
    return {**body, "metadata": metadata}


def _select_own_pods(job: Object) -> None:
    uid = job["metadata"]["uid"]
    labels = job["spec"]["template"].setdefault("metadata", {}).setdefault("labels", {})
    for name in JOB_LABELS:
        labels.setdefault(name, uid)
    labels.setdefault("batch.kubernetes.io/job-name", job["metadata"]["name"])
    labels.setdefault("job-name", job["metadata"]["name"])
    job["spec"].setdefault("selector", {"matchLabels": {JOB_LABELS[0]: uid}})
