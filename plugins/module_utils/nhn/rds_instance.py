# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DB instance: a MySQL server that NHN runs. One instance is five answers (itself, storage, backup, network, its group), read as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from ..engine import Field, Plan, as_set, includes, unseen
from ..faults import BadInput, Fault, Refused
from ..waiting import FAILED, PENDING, READY, wait
from .iaas import Iaas
from .rds import JOB_PAUSE_SECONDS, Rds, RdsResource, one_instance, refuse_failed_over, refuse_lookalikes
from .rds_instance_words import AUTOSCALE, AUTOSCALE_RULES, BACKUP, BACKUP_RULES, BEGINS, meant_first, read, sent_changes, sent_new
from .rds_restore import RESTORE, faults_of, refuse_unusable, request
from .rds_user import USER_NAME
from .resource import Missing, waits
from .spelling import called, long, within

# FAILOVER is not among them: nothing says that it stays, and a failover ends.
BROKEN = {"FAIL_TO_CREATE", "FAIL_TO_CONNECT", "STORAGE_FULL", "REPLICATION_STOP", "SHUTDOWN", "DELETED"}
CURES = {"STORAGE_FULL": {"storage_gb", "storage_autoscale"}, "FAIL_TO_CONNECT": {"parameter_group", "flavor"},
         "REPLICATION_STOP": {"high_availability"}}     # what may end such a state
IN_THE_CONSOLE = "Have it changed in the console, at an hour that suits: it restarts the instance, and an upgrade is for good."
UNBORN = "BEFORE_CREATE"
NAME = called("[A-Za-z][A-Za-z0-9_-]{0,99}", "1 to 100 letters, digits, _ and - that begin with a letter")
NEW_GB = within(20, 2048)
ONLY_V4 = ("storage_autoscale", "slow_query_analysis")


def available(instance: Mapping[str, Any]) -> str:
    """Ready when AVAILABLE and idle, failed in a broken state with nothing in progress, else pending."""
    if instance["progress"] == "NONE" and instance["status"] == "AVAILABLE":
        return READY
    return FAILED if instance["status"] in BROKEN and instance["progress"] == "NONE" else PENDING


class RdsInstance(RdsResource):
    """Fields: as listed below; parameter_group, security_groups, flavor and subnet are ids. Also read: id, status, progress, role, created,
    domain, address, apply_needed. The administrator is made with the instance and never compared: it cannot be read."""

    noun, path, stem = "database instance", "/db-instances", "dbInstance"
    fields = (
        Field("name", option={"type": "str", "required": True}),
        Field("description"),
        Field("version", needed=True, fixed=True),
        Field("flavor", needed=True),
        Field("port", needed=True, fixed=True, tidy=within(3306, 43306), option={"type": "int"}),
        Field("admin_user", same=unseen, tidy=USER_NAME),
        Field("admin_password", same=unseen, secret=True, tidy=long(4, 256)),
        Field("parameter_group", needed=True),
        Field("security_groups", same=as_set, option={"type": "list", "elements": "str"}),
        Field("subnet", needed=True, fixed=True),
        Field("zone", needed=True, fixed=True),
        Field("public_access", option={"type": "bool"}),
        Field("storage_type", needed=True, fixed=True),
        Field("storage_gb", needed=True, option={"type": "int"}),
        Field("storage_autoscale", same=includes, tidy=AUTOSCALE_RULES, option={"type": "dict", "options": AUTOSCALE}),
        Field("backup", needed=True, same=includes, tidy=BACKUP_RULES, option={"type": "dict", "options": BACKUP}),
        Field("high_availability", option={"type": "bool"}),
        Field("candidate_name", same=unseen),
        Field("ping_interval_seconds", same=unseen, tidy=within(1, 600), option={"type": "int"}),
        Field("slow_query_analysis", option={"type": "bool"}),
        Field("deletion_protection", option={"type": "bool"}),
        Field("restore", same=unseen, option={"type": "dict", "options": RESTORE}),
        Field("authentication_plugin", same=unseen, option={"type": "str", "choices": ["NATIVE", "SHA256", "CACHING_SHA2"]}),
        Field("tls", same=unseen, option={"type": "str", "choices": ["NONE", "SSL", "X509"]}),
    )
    left_to_people: ClassVar[dict[str, str]] = {"version": IN_THE_CONSOLE, "port": IN_THE_CONSOLE}
    options: ClassVar[dict[str, Any]] = {**waits(1800), "vpc": {"type": "str"}, "remove_automatic_backups": {"type": "bool"}}
    subnet_name = ""                            # as the instance itself tells it
    mine: frozenset[str] = frozenset()          # ids that this run made, as their job told
    renamed = False
    as_it_is = False                            # broken, and only to lose its protection
    windows: tuple[Mapping[str, Any], ...] = ()         # of backups, as the service tells them

    def __init__(self, cloud: Rds, params: Mapping[str, Any]) -> None:
        super().__init__(cloud, params)
        self.listed: list[dict[str, Any]] = []      # all instances, as last seen

    def planned(self) -> tuple[Plan, dict[str, Any] | None]:
        """A new one is refused while something looks like what a create left."""
        step, want = super().planned()
        if step.action == "create":
            refuse_lookalikes(self.listed, self.name)
        return step, want

    def refuse_removal(self, have: dict[str, Any]) -> None:
        if have["deletion_protection"]:
            raise Fault("remove database instance", self.name, left="It is protected from deletion and was not touched.",
                        then="Take the protection away first, with deletion_protection: false, then run again.")

    def locate(self) -> dict[str, Any]:
        told = [*ONLY_V4, "remove_automatic_backups"] if not self.cloud.v4 else []
        if wrong := [name for name in told if self.params.get(name) is not None]:
            raise BadInput(f"{name}: only with auth.rds_version v4.0" for name in wrong)
        return {}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        have = self.have or {}
        for name in ("restore", "backup", "storage_autoscale"):
            if want.get(name) is not None:
                want[name] = {key: value for key, value in want[name].items() if value is not None}
        if (have.get("storage_autoscale") or {}).get("enabled") and want.get("storage_gb", 0) < have["storage_gb"]:
            want.pop("storage_gb", None)        # it has grown by itself since
        self._refuse(want)
        for name, begins in (("backup", BEGINS), ("storage_autoscale", {})):
            if name in want:
                want[name] = {**(have.get(name) or begins), **want[name]}
        if have.get("high_availability"):       # the master is in the other zone after a failover
            want.pop("zone", None)
        self._as_id(want, "flavor", lambda given: self.cloud.offered("/db-flavors", "dbFlavors", "dbFlavor", given))
        self._as_id(want, "parameter_group", lambda given: self.rds_parent("parameter group", "/parameter-groups", "parameterGroups",
                                                                           "parameterGroup", given))
        if self.subnet_name and want.get("subnet") == self.subnet_name:
            want["subnet"] = have["subnet"]
        self._as_id(want, "subnet", self._subnet)
        if set(want.get("security_groups", ())) - set(have.get("security_groups", ())):
            want["security_groups"] = [self.rds_parent("database security group", "/db-security-groups", "dbSecurityGroups",
                                                       "dbSecurityGroup", group) for group in want["security_groups"]]
        return want

    def _subnet(self, given: str) -> str:
        """RDS lists the subnets of all VPCs and does not say whose they are; with a VPC the network service is asked, which knows."""
        inside = self.params.get("vpc")
        if not inside:
            return self.rds_parent("subnet", "/network/subnets", "subnets", "subnet", given)
        network = Iaas(self.params["auth"], self.cloud.clock)
        vpc = network.named("network", "/vpcs", "vpcs", "vpc", inside)
        found = network.named("network", "/vpcsubnets", "vpcsubnets", "subnet", given, vpc_id=vpc["id"]) if vpc else None
        if found:
            return str(found["id"])
        self.needs.append(f"subnet {given} in vpc {inside}")
        return Missing(f"subnet {given}")

    def _as_id(self, want: dict[str, Any], name: str, look_up: Callable[[str], str]) -> None:
        """What is given by the id that the instance has needs no looking up."""
        if name in want and want[name] != (self.have or {}).get(name):
            want[name] = look_up(want[name])

    def _refuse(self, want: Mapping[str, Any]) -> None:
        """What does not fit together, all of it at once."""
        faults = faults_of(want["restore"]) if want.get("restore") else []
        if not self.have and not want.get("restore"):   # a restored instance has the accounts of its backup
            faults += [f"{name}: required, as it does not exist yet" for name in ("admin_user", "admin_password") if name not in want]
        there = (self.have or {}).get("storage_gb", 0)
        new = not self.have and "storage_gb" in want
        rules = [("storage_gb", NEW_GB)] if new or want.get("storage_gb", there) > there else []    # what grew by itself may be larger
        for name, rule in [*rules, *([] if self.have else [("name", NAME)])]:
            try:
                rule(want[name])
            except ValueError as wrong:
                faults.append(f"{name}: {wrong}")
        if want.get("storage_gb", there) < there:
            faults.append(f"storage_gb: {want['storage_gb']} is less than the {there} it has; storage only grows")
        if faults:
            raise BadInput(faults)
        if not self.have:
            self.cloud.refuse_unoffered("database version", "/db-versions", "dbVersions", want.get("version"), "dbVersion")
            self.needs += refuse_unusable(self.cloud, want.get("restore") or {})
            self.cloud.refuse_unoffered("storage type", "/storage-types", "storageTypes", want.get("storage_type"))

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        self.listed = found
        if meant := one_instance(found, self.name, self.mine):
            return meant
        refuse_failed_over(found, self.name, self.params.get("candidate_name") or "")
        return None

    def find(self) -> dict[str, Any] | None:
        """An instance that is just being made has no properties yet, so its birth is waited for."""
        def look() -> dict[str, Any] | None:
            raw = self.look()
            if raw and raw["dbInstanceStatus"] == UNBORN:
                self.cloud.look_anew()
            return raw

        raw = wait(lambda: self.once_not_leaving(look), lambda seen: PENDING if seen and seen["dbInstanceStatus"] == UNBORN else READY,
                   self.cloud.job_seconds, JOB_PAUSE_SECONDS, self.cloud.clock, doing="see it made: database instance", to=self.name,
                   show=lambda seen: seen and seen["dbInstanceStatus"])
        return self.shape(raw) if raw else None

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        def part(path: str) -> dict[str, Any]:
            return self.cloud.call("GET", path, doing="read database instance", to=self.name)

        full, at = {**raw, **self.detail(raw["id"])}, f"{self.path}/{raw['id']}"
        storage, backup, network = part(f"{at}/storage-info"), part(f"{at}/backup-info"), part(f"{at}/network-info")
        self.subnet_name = (network.get("subnet") or {}).get("subnetName") or ""
        backup = meant_first(backup, self.params.get("backup") or {})
        self.windows = tuple(backup["backupSchedules"])
        return read(full, storage, backup, network, part(f"/db-instance-groups/{full['dbInstanceGroupId']}"))

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Make it, and know it from then on by the id that the job tells: the service was seen to append to a name. Such a name is the next
        round's drift."""
        refuse_lookalikes(self.listed, self.name)
        before = {raw["dbInstanceId"] for raw in self.listed}
        path, body = self.path, sent_new(self.name, want)
        if want.get("restore"):
            path, more = request(self.cloud, self.params["auth"], want["restore"], want["version"])
            for name in ("dbUserName", "dbPassword", "dbVersion", "authenticationPlugin", "tlsOption"):
                body.pop(name, None)
            body.update(more)
        job = self.cloud.job("POST", path, doing="create database instance", to=self.name, json=body)
        told = {str(each.get("resourceId")) for each in job.get("resourceRelations") or () if each.get("resourceType") == "DB_INSTANCE"}
        self.mine = frozenset(told - before)
        return self.found_again()

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        if "name" in drift:
            self._rename(have)
            have = {**have, "name": self.name}
            drift = tuple(name for name in drift if name != "name")
        said = {name: self.params[name] for name in ("candidate_name", "ping_interval_seconds") if self.params.get(name)}   # never drift themselves
        for path, body in sent_changes(have["name"], have, {**want, **said}, drift, self.cloud.v4, self.windows):
            self.cloud.job("PUT", f"{self.path}/{have['id']}{path}", doing=f"change {', '.join(drift)} of database instance", to=self.name, json=body)
        return self.found_again()

    def _rename(self, have: dict[str, Any]) -> None:
        """Give what this run made the name that was asked for; once, as a service that does not keep that will not the next time."""
        no: Refused | None = None
        if not self.renamed:
            try:
                self.renamed = True
                self.cloud.job("PUT", f"{self.path}/{have['id']}", doing="rename database instance", to=have["name"],
                               json={"dbInstanceName": self.name})
                return
            except Refused as fault:
                no = fault
        raise Fault("call it", self.name, answer=no.answer if no else None, left=f"It is made, but the service keeps calling it {have['name']}.",
                    then=f"Name it {have['name']}, or by its id {have['id']}, and run again.")

    def delete(self, have: dict[str, Any]) -> None:
        body = {"deleteAutoBackup": bool(self.params.get("remove_automatic_backups"))} if self.cloud.v4 else None
        self.cloud.job("DELETE", f"{self.path}/{have['id']}", doing=f"remove {self.noun}", to=self.name, json=body)

    def broken(self, have: dict[str, Any]) -> bool:
        return available(have) == FAILED

    def cured_by(self, step: Plan) -> bool:
        self.as_it_is = step.drift == ("deletion_protection",)
        return self.as_it_is or bool(CURES.get(step.before["status"], set()) & set(step.drift))

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until it is available and idle."""
        if available(now) == READY or self.as_it_is:
            return now
        return wait(self.found_again, available, self.cloud.job_seconds, JOB_PAUSE_SECONDS, self.cloud.clock,
                    doing="see it available: database instance", to=self.name, show=lambda seen: f"{seen['status']} {seen['progress']}")
