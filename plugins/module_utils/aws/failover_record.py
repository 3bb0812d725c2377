# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A failover pair in Route 53 that leads to the standby by itself and never comes back by itself.

The primary's check is calculated: its edge answers AND the standby has not taken over; the latter an inverted check of the marker that the
standby writes. The secondary has no check. So DNS needs no control plane at the moment it matters.

Route 53 takes a new check for healthy, and a new inverted one for unhealthy, until its checkers have reported (developer guide, "Creating and
updating health checks" and "How Amazon Route 53 determines whether a health check is healthy", as kept in github.com/awsdocs/amazon-route53-docs;
pages of today leave out the half about inverted ones). Either may lead users elsewhere for that time, so the calculated check is pointed at one
only when it has been seen with a result.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..engine import Field, Plan
from ..faults import BadInput, Refused
from ..waiting import PENDING, READY, Clock, wait
from . import health_checks
from .errors import asking

EDGE, MARKER, PRIMARY = "edge", "taken-over", "primary"
CHECKS = (EDGE, MARKER, PRIMARY)            # children before the one that stands on them
ENDPOINTS = (EDGE, MARKER)
SYNC_SECONDS, PAUSE_SECONDS = 300.0, 2.0
SEEN_SECONDS = 300.0                    # at most until checkers have reported on a new check
OWNER_MOST = 30                         # characters; a caller reference has 64
TTL_MOST = 2**31 - 1                    # seconds, as AWS has it
RESULTS = ("success", "failure")        # how the reports of checkers that have looked begin


def input_faults(params: Mapping[str, Any]) -> list[str]:
    """Everything wrong with the options that can be known without asking AWS, each with its path. What a pair leads to matters only while it shall
    exist: one that shall go is found by its name and its owner.
    """
    name = [] if params["name"] == params["zone"] or params["name"].endswith("." + params["zone"]) else [
        f"name: {params['name']!r} does not lie in zone {params['zone']!r}"]
    if params["state"] == "absent":
        return name
    found = [*health_checks.url_faults("edge_url", params["edge_url"]), *health_checks.url_faults("marker_url", params["marker_url"])]
    if not found and health_checks.same_endpoint(params["edge_url"], params["marker_url"]):
        found.append("marker_url: the same as edge_url: the primary would be taken for replaced whenever its edge answers")
    found += [*_address_faults("primary_addresses", params["primary_addresses"], ()), *_secondary_faults(params), *name]
    if not 1 <= len(params["owner"]) <= OWNER_MOST or "/" in params["owner"]:
        found.append(f"owner: {params['owner']!r} must have 1 to {OWNER_MOST} characters, and no / among them")
    if not 0 <= params["ttl"] <= TTL_MOST:
        found.append(f"ttl: {params['ttl']} is not between 0 and {TTL_MOST}")
    if not 1 <= params["check_threshold"] <= 10:
        found.append(f"check_threshold: {params['check_threshold']} is not between 1 and 10")
    return found


def _secondary_faults(params: Mapping[str, Any]) -> list[str]:
    balancer, addresses = params.get("secondary_load_balancer"), params.get("secondary_addresses")
    if balancer is not None:
        return [] if balancer else ["secondary_load_balancer: must not be empty"]
    return _address_faults("secondary_addresses", addresses or (), params["primary_addresses"])


def _address_faults(option: str, addresses: Sequence[str], taken: Sequence[str]) -> list[str]:
    """`taken`: addresses of the other record."""
    found = [] if addresses else [f"{option}: must not be empty"]
    for index, address in enumerate(addresses):
        if fault := health_checks.address_fault(address):
            found.append(f"{option}[{index}]: {fault}")
        elif address in addresses[:index]:
            found.append(f"{option}[{index}]: {address!r} stands there twice")
        elif address in taken:
            found.append(f"{option}[{index}]: {address!r} is one of the primary's: users would be led to where they come from")
    return found


def wished(params: Mapping[str, Any], alias: Mapping[str, str] | None) -> dict[str, Any]:
    """The pair as it should be. alias: {"name", "zone"} of the load balancer, None when the secondary is given by addresses.

    {"checks": {name: check}, "primary": {"addresses", "ttl", "check"}, "secondary": {"alias"} or {"addresses", "ttl"}, "strays": []}
    """
    endpoint = {"interval": params["check_interval"], "threshold": params["check_threshold"]}
    return {
        "checks": {
            EDGE: {"url": params["edge_url"], "inverted": False, **endpoint},
            MARKER: {"url": params["marker_url"], "inverted": True, **endpoint},
            PRIMARY: {"children": sorted([EDGE, MARKER]), "threshold": 2},
        },
        "primary": {"addresses": sorted(params["primary_addresses"]), "ttl": params["ttl"], "check": PRIMARY},
        "secondary": {"alias": dict(alias)} if alias else {"addresses": sorted(params["secondary_addresses"] or ()), "ttl": params["ttl"]},
        "strays": [],
    }


def plain(name: str) -> str:
    """A DNS name as AWS may or may not write it: lower case, no final dot."""
    return name.rstrip(".").lower()


def read_record(record: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """One of AWS's record sets in our words. names: {health check id: name} of ours; a check of somebody else's is told by its id."""
    target = record.get("AliasTarget")
    shown: dict[str, Any] = {"alias": {"name": plain(target["DNSName"]), "zone": target["HostedZoneId"]}} if target else {
        "addresses": sorted(value["Value"] for value in record["ResourceRecords"]), "ttl": record["TTL"]}
    if check := record.get("HealthCheckId"):
        shown["check"] = names.get(check, check)
    return shown


class FailoverRecord:
    """The engine's view of the pair. route53: a boto3 client; elb: a function that gives an ELBv2 client, called only when needed."""

    fields = (
        Field("checks", option=None, same=lambda have, want: all(health_checks.same((have or {}).get(name), want[name]) for name in want)),
        Field("primary", option=None),
        Field("secondary", option=None),
        Field("strays", option=None),
    )

    def __init__(self, route53: Any, elb: Callable[[], Any], params: Mapping[str, Any], clock: Clock | None = None):
        if "edge_url" in params and (faults := input_faults(params)):
            raise BadInput(faults)
        self.route53, self.elb, self.params, self.clock = route53, elb, params, clock
        self.name = plain(params["name"])
        self.needs: list[str] = []
        self.zone_id = self._zone_id()
        self._records: dict[str, Any] = {}          # AWS's own words, by role: a delete must repeat them
        self._change: str | None = None

    @classmethod
    def as_it_is(cls, route53: Any, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """The pair as `find` tells it, for who wishes nothing. params: {"name", "zone", "owner"}."""
        return cls(route53, lambda: None, {"state": "absent", **{name: params[name] for name in ("name", "zone", "owner")}}).find()

    def want(self) -> dict[str, Any] | None:
        """The pair as it should be, None for state=absent."""
        if self.params["state"] == "absent":
            return None
        balancer = self.params.get("secondary_load_balancer")
        return wished(self.params, self._alias(balancer) if balancer else None)

    # -- looking --------------------------------------------------------------------------------------------------------------------

    def _zone_id(self) -> str | None:
        zone = plain(self.params["zone"])
        with asking("look for the zone", zone):
            found = self.route53.list_hosted_zones_by_name(DNSName=zone, MaxItems="10")["HostedZones"]
        public = [entry["Id"] for entry in found if plain(entry["Name"]) == zone and not entry.get("Config", {}).get("PrivateZone")]
        if not public:
            self.needs.append(f"zone {zone}")
        return public[0] if public else None

    def _alias(self, name: str) -> dict[str, str]:
        try:
            with asking("look for the load balancer", name):
                found = self.elb().describe_load_balancers(Names=[name])["LoadBalancers"]
        except Refused as fault:
            if not fault.answer or fault.answer.code != "LoadBalancerNotFound":
                raise
            found = []
        if not found:
            self.needs.append(f"load balancer {name}")
            return {"name": f"load balancer {name}", "zone": ""}
        return {"name": plain(found[0]["DNSName"]), "zone": found[0]["CanonicalHostedZoneId"]}

    def find(self) -> dict[str, Any] | None:
        """The pair as it is, None when nothing of it exists. Shape: as `wished`, checks with their ids."""
        if not self.zone_id:
            return None
        checks, strays = self._find_checks()
        names = {check["id"]: name for name, check in checks.items()}
        with asking("read the records of", self.name):
            page = self.route53.list_resource_record_sets(
                HostedZoneId=self.zone_id, StartRecordName=self.name, StartRecordType="A", MaxItems="10")["ResourceRecordSets"]
        roles = {"PRIMARY": "primary", "SECONDARY": "secondary"}
        self._records = {roles[record["Failover"]]: record for record in page
                         if plain(record["Name"]) == self.name and record["Type"] == "A" and record.get("Failover") in roles}
        if not checks and not strays and not self._records:
            return None
        shown = {role: read_record(record, names) for role, record in self._records.items()}
        return {"name": self.name, "checks": checks, "primary": shown.get("primary"), "secondary": shown.get("secondary"), "strays": strays}

    def _find_checks(self) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """Our checks by name, and the ids of others of ours that a replacement cut short has left."""
        with asking("list the health checks of", self.params["owner"]):
            pages = self.route53.get_paginator("list_health_checks").paginate()
            every = [check for page in pages for check in page["HealthChecks"]]
        found: dict[str, dict[str, Any]] = {}
        strays: list[str] = []
        for name in CHECKS:
            ours = [check for check in every if check["CallerReference"].startswith(health_checks.prefix(self.params["owner"], name))]
            names = {check["id"]: child for child, check in found.items()}
            shown = [health_checks.described(check, names) for check in ours]
            if self.params["state"] == "present" and name != PRIMARY:
                wish = wished(self.params, {})["checks"][name]
                shown.sort(key=lambda check, wish=wish: health_checks.must_be_replaced(check, wish))   # type: ignore[misc]
            if shown:
                found[name] = shown[0]
                strays += [check["id"] for check in shown[1:]]
        return found, sorted(strays)

    # -- changing -------------------------------------------------------------------------------------------------------------------

    def apply(self, step: Plan) -> dict[str, Any]:
        """Checks first, the calculated one once those below it have a result, then both records in one change, then what nothing refers to any
        more. Readers see the old pair or the new one. Raises TimedOut when checkers do not report; the calculated check is untouched then.
        """
        if step.action == "delete":
            return self._delete(step.before)
        ids = {name: check["id"] for name, check in step.before.get("checks", {}).items()}
        stood_on = step.before.get("checks", {}).get(PRIMARY, {}).get("children", ())
        gone = list(step.before.get("strays", ()))
        for name, want in step.after["checks"].items():
            have = step.before.get("checks", {}).get(name)
            if "children" in want:
                self._see([ids[child] for child in want["children"] if child not in stood_on or ids[child] != step.before["checks"][child]["id"]])
            if have is None or (not health_checks.same(have, want) and health_checks.must_be_replaced(have, want)):
                gone += [have["id"]] if have else []
                ids[name] = self._create_check(name, want, ids)
            elif not health_checks.same(have, want) or ("children" in want and gone):
                self._update_check(name, want, ids)
        answered_by = self._records.get("primary", {}).get("HealthCheckId")
        if step.action == "create" or {"primary", "secondary"} & set(step.drift) or ids[PRIMARY] != answered_by:
            self._publish(step.after, ids)
        for check_id in gone:
            self._delete_check(check_id)
        return self.find() or {}

    def _create_check(self, name: str, want: Mapping[str, Any], ids: Mapping[str, str]) -> str:
        with asking("create the health check", f"{self.params['owner']}-{name}", writes=True):
            made = self.route53.create_health_check(
                CallerReference=health_checks.reference(self.params["owner"], name, want),
                HealthCheckConfig=health_checks.config(want, ids))["HealthCheck"]["Id"]
            tags = [{"Key": "Name", "Value": f"{self.params['owner']}-{name}"}]
            self.route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=made, AddTags=tags)
        return made

    def _see(self, fresh: Sequence[str]) -> None:
        """Wait until checkers have reported on each of these checks, and no more of them than at the look before: one hasty checker is no
        result yet. Raises TimedOut.
        """
        before = [0] * len(fresh)

        def judge(seen: list[int]) -> str:
            nonlocal before
            before, known = seen, all(seen) and seen == before
            return READY if known else PENDING

        if fresh:
            wait(lambda: [self._reported(check_id) for check_id in fresh], judge, SEEN_SECONDS, self.params["check_interval"] / 2, self.clock,
                 doing="see checkers report on the new health checks", to=f"{self.name} (users are led by the ones before until then)",
                 show=lambda seen: dict(zip(fresh, seen, strict=True)))

    def _reported(self, check_id: str) -> int:
        with asking("read what the checkers see of", check_id):
            found = self.route53.get_health_check_status(HealthCheckId=check_id)["HealthCheckObservations"]
        return sum(1 for entry in found if entry["StatusReport"]["Status"].lower().startswith(RESULTS))

    def _update_check(self, name: str, want: Mapping[str, Any], ids: Mapping[str, str]) -> None:
        changeable = {key: value for key, value in health_checks.config(want, ids).items() if key not in ("Type", "RequestInterval")}
        with asking("change the health check", f"{self.params['owner']}-{name}", writes=True):
            self.route53.update_health_check(HealthCheckId=ids[name], **changeable)

    def _delete_check(self, check_id: str) -> None:
        with asking("delete the health check", check_id, writes=True):
            self.route53.delete_health_check(HealthCheckId=check_id)

    def _publish(self, want: Mapping[str, Any], ids: Mapping[str, str]) -> None:
        records = [self._record("PRIMARY", want["primary"], ids), self._record("SECONDARY", want["secondary"], ids)]
        self._submit([{"Action": "UPSERT", "ResourceRecordSet": record} for record in records])

    def _record(self, role: str, want: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
        base = {"Name": self.name, "Type": "A", "Failover": role, "SetIdentifier": f"{self.params['owner']}-{role.lower()}"}
        check = {"HealthCheckId": ids[want["check"]]} if "check" in want else {}
        if "alias" in want:
            target = {"DNSName": want["alias"]["name"], "HostedZoneId": want["alias"]["zone"], "EvaluateTargetHealth": False}
            return {**base, **check, "AliasTarget": target}
        return {**base, **check, "TTL": want["ttl"], "ResourceRecords": [{"Value": address} for address in want["addresses"]]}

    def _submit(self, changes: list[dict[str, Any]]) -> None:
        with asking("publish", self.name, writes=True):
            answer = self.route53.change_resource_record_sets(HostedZoneId=self.zone_id, ChangeBatch={"Changes": changes})["ChangeInfo"]
        self._change = answer["Id"] if answer["Status"] != "INSYNC" else None

    def _delete(self, before: Mapping[str, Any]) -> dict[str, Any]:
        if self._records:
            self._submit([{"Action": "DELETE", "ResourceRecordSet": record} for record in self._records.values()])
        for name in reversed(CHECKS):
            if name in before["checks"]:
                self._delete_check(before["checks"][name]["id"])
        for check_id in before["strays"]:
            self._delete_check(check_id)
        return {}

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until every name server has the change, about a minute."""
        if self._change:
            wait(self._change_status, lambda status: READY if status == "INSYNC" else PENDING, SYNC_SECONDS, PAUSE_SECONDS, self.clock,
                 doing="see the change reach every name server", to=self.name)
        return now

    def _change_status(self) -> str:
        with asking("look at the change of", self.name):
            return self.route53.get_change(Id=self._change)["ChangeInfo"]["Status"]
