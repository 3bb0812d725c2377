# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The objects of one cluster, in memory. An object in the store is a value: nobody changes it in place, every write replaces it."""

from __future__ import annotations

import threading
import time
import uuid
from calendar import timegm
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from lab.kubernetes.kinds import BY_NAME, Kind
from lab.kubernetes.selectors import matches

Object = dict[str, Any]
Key = tuple[str, str, str]          # (kind, namespace or "", name)
Change = tuple[int, Object | None, Object | None]   # (version, the object before, and after; None where there was or is none)
KEPT = 2000                         # changes that a watch can go on from
FIRST_NAMESPACES = ("default", "kube-system")


def timestamp(now: float) -> str:
    """Epoch seconds as the API writes times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


def seconds(text: str) -> float:
    """A time of the API as epoch seconds."""
    return float(timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")))


def key_of(thing: Object) -> Key:
    """Where an object is kept."""
    return thing["kind"], thing["metadata"].get("namespace", ""), thing["metadata"]["name"]


class Store:
    """Objects by kind, namespace and name, under one lock; `changed` is set by every write, for whoever reconciles."""

    def __init__(self, clock: Callable[[], float] = time.time):
        self.lock = threading.RLock()
        self._news = threading.Condition(self.lock)
        self._changes: deque[Change] = deque(maxlen=KEPT)
        self.changed = threading.Event()
        self.clock = clock
        self._objects: dict[Key, Object] = {}
        self._version = 0
        for name in FIRST_NAMESPACES:
            self.put(self.born({
                "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
                "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"},
            }))

    @property
    def version(self) -> str:
        """The resourceVersion of the whole store."""
        return str(self._version)

    def now(self) -> str:
        """The time, as the API writes it."""
        return timestamp(self.clock())

    def born(self, thing: Object) -> Object:
        """`thing` with the identity every new object gets."""
        generation = {"generation": 1} if BY_NAME[thing["kind"]].generation else {}
        identity = {"uid": str(uuid.uuid4()), "creationTimestamp": self.now(), **generation}
        return {**thing, "metadata": {**thing["metadata"], **identity}}

    def get(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object, or None."""
        with self.lock:
            return self._objects.get((kind, namespace, name))

    def put(self, thing: Object) -> Object:
        """Keep `thing`, whatever was there before, under a new resourceVersion. Returns what is kept."""
        with self.lock:
            self._version += 1
            kept = {**thing, "metadata": {**thing["metadata"], "resourceVersion": str(self._version)}}
            self._tell(self._objects.get(key_of(kept)), kept)
            self._objects[key_of(kept)] = kept
            self.changed.set()
            return kept

    def drop(self, thing: Object) -> None:
        """Forget an object; one that is gone already is fine."""
        with self.lock:
            gone = self._objects.pop(key_of(thing), None)
            if gone is not None:
                self._version += 1
                self._tell({**gone, "metadata": {**gone["metadata"], "resourceVersion": str(self._version)}}, None)
                self.changed.set()

    def _tell(self, before: Object | None, after: Object | None) -> None:
        self._changes.append((self._version, before, after))
        self._news.notify_all()

    @property
    def oldest(self) -> int:
        """The oldest version from which on every change is known."""
        with self.lock:
            return self._changes[0][0] - 1 if self._changes else self._version

    def since(self, version: int, seconds: float) -> list[Change] | None:
        """Changes after a version, oldest first, waited for up to `seconds`; None when some of them are forgotten."""
        with self.lock:
            if version < self.oldest:
                return None
            if self._version <= version:
                self._news.wait(seconds)
            return [change for change in self._changes if change[0] > version]

    def all(self, kind: str, namespace: str = "", selector: Object | None = None) -> list[Object]:
        """Objects of a kind, of one namespace or of all, that `selector` selects; ordered by namespace and name."""
        with self.lock:
            found = [thing for (name, space, _), thing in sorted(self._objects.items())
                     if name == kind and namespace in ("", space)]
        return [thing for thing in found if selector is None or matches(selector, thing["metadata"].get("labels", {}))]

    def everything(self) -> Iterator[Object]:
        """A snapshot of all objects."""
        with self.lock:
            return iter(list(self._objects.values()))

    def owned(self, owner: Object, kind: str) -> list[Object]:
        """The objects of `kind` that `owner` controls."""
        uid = owner["metadata"]["uid"]
        return [thing for thing in self.all(kind, owner["metadata"].get("namespace", ""))
                if any(reference["uid"] == uid for reference in thing["metadata"].get("ownerReferences", ()))]

    def set_status(self, thing: Object, status: Object) -> Object | None:
        """Replace an object's status if it differs and the object (by uid) is still there. Returns what is kept."""
        with self.lock:
            kept = self._objects.get(key_of(thing))
            if kept is None or kept["metadata"]["uid"] != thing["metadata"]["uid"]:
                return None
            return kept if kept.get("status") == status else self.put({**kept, "status": status})


def owner_reference(owner: Object) -> Object:
    """The ownerReferences entry of a controller."""
    return {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"], "uid": owner["metadata"]["uid"],
            "controller": True, "blockOwnerDeletion": True}


def kind_of(thing: Object) -> Kind:
    """The served kind of an object."""
    return BY_NAME[thing["kind"]]
