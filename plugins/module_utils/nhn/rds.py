# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The appkey family, RDS for MySQL v3.0 and v4.0: success is told in the body, changes are jobs, and a busy service asks to come back later."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

from ..absent import absent
from ..faults import Ambiguous, Fault, Refused, TimedOut
from ..waiting import FAILED, PENDING, READY, Clock, SystemClock, wait
from .auth import base_url, require
from .iaas import fitting, meant, not_offered, only
from .looking import Looking
from .rds_instance_words import candidate_name
from .rds_login import CHECK, AccessKey, AccessToken
from .resource import Missing, Resource, waits
from .told import Told, not_understood, told
from .wire import MEND, Reply, Wire

try:
    import requests
except ImportError:
    requests = absent("requests")

BUSY = "7008"                   # "Job is fail to register": another job is in flight, this one was not taken
UNAUTHORIZED = "80401"
BUSY_PAUSE_SECONDS = 5
JOB_PAUSE_SECONDS = 2
LEAVING = "DELETING"
BAD_ENDS = {"FAILED", "ERROR", "CANCELED", "DELETED", "INTERRUPTED", "FAIL_TO_READY", "FAIL_TO_REGISTER", "CANNOT_PROGRESS", "COMPLETED_WITH_ERROR"}


def job_done(job: Mapping[str, Any]) -> str:
    """Ready when COMPLETED, failed in the states that end badly, else pending."""
    status = job.get("jobStatus")
    return READY if status == "COMPLETED" else FAILED if status in BAD_ENDS else PENDING


class Rds(Looking):
    """RDS for MySQL of one appkey. job_seconds: how long a job may take; v4: whether version 4.0 of the API is spoken."""

    def __init__(self, auth: dict[str, Any], clock: Clock | None = None, session: requests.Session | None = None,
                 job_seconds: int = 1800) -> None:
        super().__init__()
        require(auth, "appkey", "access_key_id", "access_key_secret")
        self.clock = clock or SystemClock()
        self.job_seconds = job_seconds
        self.v4 = auth.get("rds_version") == "v4.0"
        self._base = base_url("rds", auth)
        self._login = AccessToken(auth, self.clock, session) if self.v4 else AccessKey(auth)
        self._wire = Wire(self._login.headers, self._login.renew, check=CHECK, clock=self.clock, session=session)

    def call(self, method: str, path: str, *, doing: str, to: str = "", json: Any = None, params: Mapping[str, Any] | None = None,
             bare: str = "") -> Told:
        """One request; what was told beside the header. Waits and repeats while the service says that it is busy (it took nothing then).
        bare: the key of an answer that is documented without a header as well."""
        def send() -> Told:
            return self._heard(method, path, doing, to, json, params, bare)

        return self.once(f"{path} {sorted((params or {}).items())}", send) if method == "GET" else send()

    def _heard(self, method: str, path: str, doing: str, to: str, json: Any, params: Mapping[str, Any] | None, bare: str) -> Told:
        started, renewed = self.clock.now(), False
        while True:
            reply = self._wire.send(method, self._base + path, doing=doing, to=to, json=json, params=params)
            answer = told(reply, doing, to, method != "GET")
            if bare in answer and "header" not in answer:
                return answer
            header = answer["header"] or {}
            if header.get("isSuccessful") is True:
                self.took(method, doing, to)
                return Told({key: value for key, value in reply.body.items() if key != "header"}, reply, doing, to, method != "GET")
            if "resultCode" not in header:
                raise not_understood(reply, doing, to, method != "GET", "no result code")
            code = str(header.get("resultCode"))
            if code == UNAUTHORIZED and not renewed and self._login.renew():     # a token that ran out is told with HTTP 200 as well
                renewed = True
                continue
            if code != BUSY:
                raise Refused(doing, to, answer=reply.answer(), left="This request changed nothing.", then=_advice(reply))
            if self.clock.now() - started + BUSY_PAUSE_SECONDS > self.job_seconds:     # another job may be a backup of half an hour
                raise TimedOut(doing, to, answer=reply.answer(),
                               left=f"Another job kept it busy for {self.job_seconds} s; nothing was changed.",
                               then="Run again when its progress status is NONE.")
            self.clock.sleep(BUSY_PAUSE_SECONDS)

    def job(self, method: str, path: str, *, doing: str, to: str = "", json: Any = None,
            params: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A change: sent, then its job awaited. Returns the job ({} for the few changes that are done at once)."""
        identity = self.call(method, path, doing=doing, to=to, json=json, params=params).get("jobId")
        if not identity:
            return {}
        return wait(lambda: self.call("GET", f"/jobs/{identity}", doing="read the job that should", to=f"{doing} {to}"), job_done,
                    self.job_seconds, JOB_PAUSE_SECONDS, self.clock, doing=doing, to=to,
                    show=lambda job: f"job {identity} {job.get('jobStatus')}")

    def listed(self, path: str, plural: str) -> list[dict[str, Any]]:
        """A whole list; those with pages are read where they are needed."""
        return self.call("GET", path, doing="list", to=plural).listed(plural)

    def refuse_unoffered(self, noun: str, path: str, plural: str, given: str | None, word: str = "") -> None:
        """Raise Absent when something given is not in a list of what can be had. word: what it is called there, "" when the list holds names."""
        there = [str(item[word]) if word else str(item) for item in self.listed(path, plural)] if given is not None else []
        if given is not None and given not in there:
            raise not_offered(noun, given, there)

    def named(self, path: str, plural: str, stem: str, given: str) -> dict[str, Any] | None:
        """The one of a list whose {stem}Name or {stem}Id is given, None when there is none."""
        found = self.listed(path, plural)
        return meant([{"id": item[f"{stem}Id"], **item} for item in found], stem, given, f"{stem}Name")

    def offered(self, path: str, plural: str, stem: str, given: str) -> str:
        """The id of something only the cloud can make (a flavor): its absence is a mistake, not a need."""
        if found := self.named(path, plural, stem, given):
            return str(found["id"])
        there = self.listed(path, plural)
        raise not_offered(stem, given, [str(item.get(f"{stem}Name")) for item in there])


def one_instance(found: list[dict[str, Any]], given: str, made: Collection[str] = ()) -> dict[str, Any] | None:
    """The living master of that id or exact name; first of all one of `made`, ids that this run was told when it made something. A name that
    merely begins alike is somebody else's."""
    alive = masters(found)
    return only([raw for raw in alive if raw["id"] in made] or fitting(alive, given, "dbInstanceName"), "database instance", given)


def masters(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those that live and are nobody's replica or candidate."""
    return [{"id": raw["dbInstanceId"], **raw} for raw in found
            if raw["dbInstanceStatus"] != "DELETED" and raw.get("dbInstanceType", "MASTER") == "MASTER"]


def refuse_failed_over(found: list[dict[str, Any]], given: str, candidate: str = "") -> None:
    """Raise Fault when no living master is meant by what is given, but what a failover leaves is: something of that name or id in another role,
    or a master that is called as its candidate was. A second, empty one beside it would bear the name that everybody uses. candidate: what its
    candidate is called, if not as this collection calls one."""
    alive = [{"id": raw["dbInstanceId"], **raw} for raw in found if raw["dbInstanceStatus"] != "DELETED"]
    leading = masters(found)
    if fitting(leading, given, "dbInstanceName"):
        return
    for raw in fitting(alive, given, "dbInstanceName"):
        heirs = ", ".join(each["dbInstanceName"] for each in leading if each.get("dbInstanceGroupId") == raw.get("dbInstanceGroupId"))
        went = raw.get("dbInstanceType") == "FAILED_MASTER"
        raise Fault("use", f"database instance {given}",
                    left=f"It is {raw.get('dbInstanceType')}; the master of its group is {heirs or 'none'}. Nothing was touched.",
                    then=f"{heirs or 'Its master'} has the data: name that one. To have the old name back, repair {given} and fail over to it, or "
                         f"remove it and rename {heirs or 'the master'}, all in the console." if went else "Name the master, or one that nobody has.")
    for raw in fitting(leading, candidate or candidate_name(given), "dbInstanceName"):
        raise Fault("use", f"database instance {given}",
                    left=f"It is not there, but {raw['dbInstanceName']} is a master: after a failover that is the one with the data. Nothing was "
                         "touched.",
                    then=f"If it is the one, name it so here, or rename it to {given} in the console; if not, rename it so that it is not called as "
                         "the candidate.")


def refuse_lookalikes(found: list[dict[str, Any]], given: str) -> None:
    """Raise Ambiguous when one may be what a create of that name made: the service was seen to append four characters to a name, so a run that
    was stopped, or did not hear the answer, can have left such a one. Whether it is that or a neighbour only a person can tell."""
    if alike := sorted(raw["dbInstanceName"] for raw in masters(found) if re.fullmatch(re.escape(given) + "-[a-z0-9]{4}", raw["dbInstanceName"])):
        raise Ambiguous("tell whether there is", f"database instance {given!r}",
                        left=f"There is {', '.join(alike)}, which the service may have made of that name, or somebody else.",
                        then=f"If it is the one, rename it to {given} or name it so here; if not, rename it so that it does not look alike.")


class RdsResource(Resource):
    """A resource of this family. stem: "dbSchema" of dbSchemaId and dbSchemaName; detail is read by id below path."""

    stem = ""
    status_word = "progressStatus"              # where the list says DELETING
    options: ClassVar[dict[str, Any]] = waits(600)
    cloud: Rds                                  # type: ignore[assignment]

    def __init__(self, cloud: Rds, params: Mapping[str, Any]) -> None:
        super().__init__(cloud, params)         # type: ignore[arg-type]

    @property
    def plural(self) -> str:
        return f"{self.stem}s"

    def rds_parent(self, noun: str, path: str, plural: str, stem: str, given: str) -> str:
        """The id of a parent by name or id; Missing, noted in self.needs, when there is none."""
        if found := self.cloud.named(path, plural, stem, given):
            return str(found["id"])
        self.needs.append(f"{noun} {given}")
        return Missing(f"{noun} {given}")

    def instance(self, given: str) -> str:
        """The id of a DB instance."""
        there = self.cloud.listed("/db-instances", "dbInstances")
        if found := one_instance(there, given):
            return str(found["id"])
        refuse_failed_over(there, given)
        self.needs.append(f"database instance {given}")
        return Missing(f"database instance {given}")

    def find(self) -> dict[str, Any] | None:
        if self.homeless:
            return None
        raw = self.once_not_leaving(self.look)
        return self.shape(raw) if raw else None

    def look(self) -> dict[str, Any] | None:
        """What the list holds of it now."""
        return self.pick(self.cloud.listed(self.path, self.plural))

    def once_not_leaving(self, look: Callable[[], dict[str, Any] | None]) -> dict[str, Any] | None:
        """What `look` finds. Something on its way out is waited for: it cannot be kept, and its name is not free before it is gone."""
        def anew() -> dict[str, Any] | None:
            raw = look()
            if raw and raw.get(self.status_word) == LEAVING:
                self.cloud.look_anew()
            return raw

        return wait(anew, lambda seen: PENDING if seen and seen.get(self.status_word) == LEAVING else READY, self.cloud.job_seconds,
                    JOB_PAUSE_SECONDS, self.cloud.clock, doing=f"see it gone: {self.noun}", to=self.name,
                    show=lambda seen: seen and seen.get(self.status_word))

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        return meant([{"id": raw[f"{self.stem}Id"], **raw} for raw in found], self.noun, self.name, f"{self.stem}Name")

    def detail(self, identity: str) -> dict[str, Any]:
        """The full object, whether the answer holds it flat or below its own name."""
        body = self.cloud.call("GET", f"{self.path}/{identity}", doing=f"read {self.noun}", to=self.name)
        return {"id": identity, **body.get(self.stem, body)}

    def found_again(self) -> dict[str, Any]:
        """What stands after a change, read anew."""
        return self.once_shown(self.find)

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until a thing that tells its status is STABLE: an earlier run may have left it half made."""
        if now.get("status") in (None, "STABLE"):
            return now
        return wait(self.found_again, lambda seen: READY if seen["status"] == "STABLE" else PENDING, self.cloud.job_seconds,
                    JOB_PAUSE_SECONDS, self.cloud.clock, doing=f"see it stable: {self.noun}", to=self.name, show=lambda seen: seen["status"])

    def delete(self, have: dict[str, Any]) -> None:
        self.cloud.job("DELETE", f"{self.path}/{have['id']}", doing=f"remove {self.noun}", to=self.name)


def _advice(reply: Reply) -> str:
    code = str((reply.body.get("header") or {}).get("resultCode"))
    return {UNAUTHORIZED: CHECK,
            "80403": "The access key needs the role RDS for MySQL ADMIN in this project.",
            "290001": "That version is listed but cannot be made any more; choose a newer one of the same major version.",
            }.get(code, MEND)
