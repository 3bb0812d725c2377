# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A regional web ACL with its rules, the load balancers it stands in front of, and where its log goes.

community.aws.wafv2_web_acl compares neither metrics nor what AWS fills in, takes away in an update what it does not know, and has no log;
wafv2_resources calls it no change when there is no such web ACL. None of them waits for what AWS calls unavailable for a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..engine import Field, Plan, as_set
from ..faults import BadInput, Refused
from ..waiting import PENDING, READY, Clock, wait
from .errors import ClientError, asking
from .web_acl_words import kept, same, sent, spelled

SCOPE = "REGIONAL"
PAUSE_SECONDS = 3.0
ACTIONS: dict[str, dict[str, Any]] = {"allow": {"Allow": {}}, "block": {"Block": {}}}
CORE = {"description", "default_action", "rules", "metric_name", "sampled_requests"}
LOG = {"log_group", "logged", "redacted_headers"}
BLOCKED_ONLY = {"DefaultBehavior": "DROP", "Filters": [
    {"Behavior": "KEEP", "Requirement": "MEETS_ANY", "Conditions": [{"ActionCondition": {"Action": "BLOCK"}}]}]}


class WebAcl:
    """The engine's view of a web ACL, found by its name, which is unique. client: service name -> boto3 client."""

    fields = (
        Field("description"),
        Field("default_action", needed=True, option={"type": "str", "choices": list(ACTIONS)}),
        Field("rules", needed=True, same=same, tidy=spelled, option={"type": "list", "elements": "dict"}),
        Field("metric_name"),
        Field("sampled_requests", option={"type": "bool"}),
        Field("load_balancers", same=as_set, option={"type": "list", "elements": "str"}),
        Field("log_group"),
        Field("logged", option={"type": "str", "choices": ["blocked", "all"]}),
        Field("redacted_headers", same=as_set, tidy=lambda names: [name.lower() for name in names], option={"type": "list", "elements": "str"}),
        Field("tags", option={"type": "dict"}),
    )

    def __init__(self, client: Callable[[str], Any], params: Mapping[str, Any], clock: Clock | None = None) -> None:
        self.waf, self.name, self.wait_seconds, self.clock = client("wafv2"), params["name"], params["wait_seconds"], clock
        self.balancers: dict[str, str] = {}                                     # of those asked for, {name: ARN}
        self.log_arn = ""
        self.needs: list[str] = []
        if params.get("state") == "present":
            self._look_for_balancers(client, params.get("load_balancers") or ())
            self._look_for_log(client, params.get("log_group") or "")

    def wish(self, want: dict[str, Any] | None) -> dict[str, Any] | None:
        """What is wanted; where there is to be no log nothing is wished of it. Raises BadInput."""
        if want is None:
            return None
        if "log_group" not in want and (loose := sorted(LOG & set(want))):
            raise BadInput(f"{name}: is said of a log, and log_group names none" for name in loose)
        want = {"name": self.name, **want}
        return want if want.get("log_group") else {key: value for key, value in want.items() if key not in LOG - {"log_group"}}

    def find(self) -> dict[str, Any] | None:
        """The web ACL: the fields, and id, arn and capacity; None when there is none."""
        with asking("look for the web ACL", self.name):
            summary = next((each for each in self._listed() if each["Name"] == self.name), None)
            if summary is None:
                return None
            acl = self.waf.get_web_acl(Name=self.name, Scope=SCOPE, Id=summary["Id"])["WebACL"]
            shown = acl["VisibilityConfig"]
            resources = self.waf.list_resources_for_web_acl(WebACLArn=acl["ARN"], ResourceType="APPLICATION_LOAD_BALANCER")["ResourceArns"]
            return {
                "name": self.name, "id": acl["Id"], "arn": acl["ARN"], "capacity": acl.get("Capacity"), "description": acl.get("Description", ""),
                "default_action": next((word for word, said in ACTIONS.items() if said.keys() == acl["DefaultAction"].keys()), "other"),
                "rules": spelled(acl.get("Rules", ())), "metric_name": shown["MetricName"], "sampled_requests": shown["SampledRequestsEnabled"],
                "load_balancers": sorted(map(balancer_name, resources)), **self._log(acl["ARN"]), "tags": self._tags(acl["ARN"])}

    def apply(self, step: Plan) -> dict[str, Any]:
        """Carry one plan out and read the web ACL back. One that is made is nobody's yet: what it stands in front of comes with the next plan."""
        if step.action == "delete":
            self._delete(step.before)
            return {}
        if step.action == "create":
            self._create(step.after)
            return self.find() or {}
        drift = set(step.drift)
        if drift & CORE:
            self._update(step)
        if drift & LOG:                                                         # before it stands anywhere: nothing is blocked unseen
            self._log_to(step)
        if "tags" in drift:
            self._tag(step.before["arn"], step.before["tags"], step.after["tags"])
        if "load_balancers" in drift:
            self._stand(step.before["arn"], set(step.before["load_balancers"]), set(step.after["load_balancers"]))
        return self.find() or {}

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """It is as it is at once, as far as AWS tells."""
        return now

    def _look_for_balancers(self, client: Callable[[str], Any], names: Iterable[str]) -> None:
        for name in names:
            with asking("look for the load balancer", name):
                found = _unless(lambda name=name: client("elbv2").describe_load_balancers(Names=[name])["LoadBalancers"],     # type: ignore[misc]
                                "LoadBalancerNotFound", [])
            if found:
                self.balancers[name] = found[0]["LoadBalancerArn"]
            else:
                self.needs.append(f"load balancer {name}")

    def _look_for_log(self, client: Callable[[str], Any], name: str) -> None:
        if not name:
            return
        with asking("look for the log group", name):
            found = client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        self.log_arn = next((group["arn"].removesuffix(":*") for group in found if group["logGroupName"] == name), "")
        if not self.log_arn:
            self.needs.append(f"log group {name}")

    def _listed(self) -> Iterable[dict[str, Any]]:
        marker: dict[str, str] = {}
        while True:
            page = self.waf.list_web_acls(Scope=SCOPE, Limit=100, **marker)
            yield from page["WebACLs"]
            if not page.get("NextMarker") or not page["WebACLs"]:
                return
            marker = {"NextMarker": page["NextMarker"]}

    def _log(self, arn: str) -> dict[str, Any]:
        nothing = {"log_group": "", "logged": None, "redacted_headers": None}
        found = _unless(lambda: self.waf.get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"], "WAFNonexistentItemException", None)
        if found is None:
            return nothing
        filtered = found.get("LoggingFilter")
        return {
            "log_group": found["LogDestinationConfigs"][0].partition(":log-group:")[2] or found["LogDestinationConfigs"][0],
            "logged": "all" if not filtered else "blocked" if filtered == BLOCKED_ONLY else "otherwise",
            "redacted_headers": sorted(field.get("SingleHeader", {}).get("Name", "otherwise").lower() for field in found.get("RedactedFields", ()))}

    def _tags(self, arn: str) -> dict[str, str]:
        held = self.waf.list_tags_for_resource(ResourceARN=arn)["TagInfoForResource"]["TagList"]
        return {tag["Key"]: tag["Value"] for tag in held if not tag["Key"].startswith("aws:")}

    def _create(self, want: Mapping[str, Any]) -> None:
        tags = [{"Key": key, "Value": value} for key, value in (want.get("tags") or {}).items()]
        asked = _core({"metric_name": self.name, "sampled_requests": False, **want})
        self._patiently(lambda: self.waf.create_web_acl(Name=self.name, Scope=SCOPE, **asked, **({"Tags": tags} if tags else {})),
                        "create the web ACL", self.name)

    def _update(self, step: Plan) -> None:
        """Everything that AWS replaces by an update is said again as it is at that moment; who was faster than us is not undone by it."""
        def ask() -> None:
            there = self.waf.get_web_acl(Name=self.name, Scope=SCOPE, Id=step.before["id"])
            self.waf.update_web_acl(Name=self.name, Scope=SCOPE, Id=step.before["id"], LockToken=there["LockToken"], **kept(there["WebACL"]),
                                    **_core(step.after))

        self._patiently(ask, "change the web ACL", self.name, "WAFOptimisticLockException")

    def _log_to(self, step: Plan) -> None:
        arn, want = step.before["arn"], step.after
        if not want["log_group"]:
            with asking("end the log of the web ACL", self.name, writes=True):
                self.waf.delete_logging_configuration(ResourceArn=arn)
            return
        redacted = [{"SingleHeader": {"Name": name}} for name in want.get("redacted_headers") or ()]
        self._patiently(lambda: self.waf.put_logging_configuration(LoggingConfiguration={
            "ResourceArn": arn, "LogDestinationConfigs": [self.log_arn], **({"RedactedFields": redacted} if redacted else {}),
            **({"LoggingFilter": BLOCKED_ONLY} if want.get("logged") == "blocked" else {})}), "log the web ACL to", want["log_group"])

    def _tag(self, arn: str, have: Mapping[str, str], want: Mapping[str, str]) -> None:
        with asking("tag the web ACL", self.name, writes=True):
            if gone := sorted(set(have) - set(want)):
                self.waf.untag_resource(ResourceARN=arn, TagKeys=gone)
            if new := [{"Key": key, "Value": value} for key, value in want.items() if have.get(key) != value]:
                self.waf.tag_resource(ResourceARN=arn, Tags=new)

    def _stand(self, arn: str, have: set[str], want: set[str]) -> None:
        for name in sorted(want - have):
            self._patiently(lambda name=name: self.waf.associate_web_acl(WebACLArn=arn, ResourceArn=self.balancers[name]),      # type: ignore[misc]
                            "put the web ACL in front of", name)
        self._step_aside(arn, have - want)

    def _step_aside(self, arn: str, names: set[str]) -> None:
        with asking("ask what the web ACL stands in front of", self.name):
            there = self.waf.list_resources_for_web_acl(WebACLArn=arn, ResourceType="APPLICATION_LOAD_BALANCER")["ResourceArns"] if names else []
        for resource in (each for each in there if balancer_name(each) in names):
            with asking("take the web ACL away from", balancer_name(resource), writes=True):
                self.waf.disassociate_web_acl(ResourceArn=resource)

    def _delete(self, have: Mapping[str, Any]) -> None:
        """AWS deletes none that stands in front of something, and may think so for a moment longer."""
        self._step_aside(have["arn"], set(have["load_balancers"]))
        if have["log_group"]:
            with asking("end the log of the web ACL", self.name, writes=True):
                self.waf.delete_logging_configuration(ResourceArn=have["arn"])

        def ask() -> None:
            token = self.waf.get_web_acl(Name=self.name, Scope=SCOPE, Id=have["id"])["LockToken"]
            self.waf.delete_web_acl(Name=self.name, Scope=SCOPE, Id=have["id"], LockToken=token)

        self._patiently(ask, "delete the web ACL", self.name, "WAFAssociatedItemException")

    def _patiently(self, ask: Callable[[], Any], doing: str, to: str, *passing: str) -> Any:
        """Ask for a change until AWS no longer says that something is unavailable for now, and hand on what `ask` returned."""
        def attempt() -> tuple[str, Any]:
            try:
                with asking(doing, to, writes=True):
                    return "", ask()
            except Refused as refusal:
                if refusal.answer and refusal.answer.code in ("WAFUnavailableEntityException", *passing):
                    return refusal.answer.words, None
                raise

        return wait(attempt, lambda said: PENDING if said[0] else READY, self.wait_seconds, PAUSE_SECONDS, self.clock,
                    doing=doing, to=to, show=lambda said: said[0])[1]


def balancer_name(arn: str) -> str:
    """The name in a load balancer's ARN."""
    return arn.rsplit("/", 2)[-2] if arn.count("/") > 1 else arn


def _core(want: Mapping[str, Any]) -> dict[str, Any]:
    description = {"Description": want["description"]} if want.get("description") else {}
    return {**description, "DefaultAction": ACTIONS[want["default_action"]], "Rules": sent(want["rules"]), "VisibilityConfig": {
        "SampledRequestsEnabled": want["sampled_requests"], "CloudWatchMetricsEnabled": True, "MetricName": want["metric_name"]}}


def _unless(ask: Callable[[], Any], code: str, otherwise: Any) -> Any:
    """What AWS answers, or `otherwise` when it refuses with this code."""
    try:
        return ask()
    except ClientError as error:
        if error.response["Error"]["Code"] != code:
            raise
        return otherwise
