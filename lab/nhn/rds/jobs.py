# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs: whatever takes time is REGISTERED, RUNNING, then COMPLETED; one at a time per instance, the second is answered 7008."""

from __future__ import annotations

from collections.abc import Callable

from ..calls import Answer, Call, Routes
from ..errors import busy
from ..store import Record, Store, find, new_id, shown
from .catalogue import ok
from .versions import BASE

routes = Routes(BASE)

STAGES = ("REGISTERED", "RUNNING")      # what the first looks at a job show


@routes.on("GET", "/jobs/<id>")
def get_job(call: Call) -> Answer:
    job = find(call.store.rds_jobs, call.id, "Job")
    advance(call.store, job)
    return ok(**shown(job))


def start(store: Store, resource: Record, kind: str, identity: str, progress: str, *,
          done: Callable[[], bool] = lambda: True, finish: Callable[[], None] = lambda: None,
          broken: Callable[[], bool] = lambda: False) -> Record:
    """Start a job on `resource`, whose `progressStatus` names it until `finish` has run; it ends once `done` says so. -> {jobId} answer.

    It is FAILED, and `finish` not run, once `broken` says so.

    The caller has checked with `refuse_if_busy` before it changed anything.
    """
    job: Record = {"jobId": new_id(), "jobStatus": STAGES[0], "resourceRelations": [{"resourceType": kind, "resourceId": identity}],
           "createdYmdt": store.ymdt(), "updatedYmdt": store.ymdt(), "_looks": 0, "_done": done, "_finish": finish, "_resource": resource,
           "_broken": broken}
    resource.update(progressStatus=progress, _job=job["jobId"])
    store.rds_jobs[job["jobId"]] = job
    return ok(jobId=job["jobId"])


def advance(store: Store, job: Record) -> None:
    """One look at a job: that is what lets it get on."""
    if job["jobStatus"] in ("COMPLETED", "FAILED"):
        return
    job["_looks"] += 1
    job["jobStatus"] = STAGES[min(job["_looks"], len(STAGES)) - 1]
    if job["_looks"] <= len(STAGES):
        return
    if failed := job["_broken"]():
        job.update(jobStatus="FAILED", updatedYmdt=store.ymdt())
    elif job["_done"]():
        job["_finish"]()
        job.update(jobStatus="COMPLETED", updatedYmdt=store.ymdt())
    if failed or job["jobStatus"] == "COMPLETED":
        job["_resource"].update(progressStatus="NONE", _job=None, updatedYmdt=store.ymdt())


def look_at(store: Store, resource: Record) -> None:
    """One look at a resource is one look at the job that runs on it."""
    if resource["_job"]:
        advance(store, store.rds_jobs[resource["_job"]])


def refuse_if_busy(store: Store, *resources: Record) -> None:
    """7008 while a job runs on any of these. Trying again is what a client does with the time, so it counts as a look."""
    running = [resource for resource in resources if resource["_job"]]
    for resource in running:
        look_at(store, resource)
    if running:
        raise busy()
