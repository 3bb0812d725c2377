# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Web ACLs as strict as AWS WAF is with them; moto takes whatever it is given, and lets go of what is in use.

From the AWS WAFV2 API Reference. CreateWebACL, UpdateWebACL: rules are judged and count against a limit, and an update replaces all of them.
AssociateWebACL: a new web ACL is unavailable for a moment, a load balancer must exist and has one web ACL at most. DeleteWebACL, DeleteIPSet: not
while in use (WAFAssociatedItemException). PutLoggingConfiguration: one destination, which exists and whose name begins with aws-waf-logs-.
ListResourcesForWebACL, DescribeManagedRuleGroup: moto lacks them; of a group the capacity is told alone. An association goes with its load balancer.
"""

from __future__ import annotations

import json
import re
from typing import Any

from moto.elbv2.models import elbv2_backends
from moto.logs.models import logs_backends
from moto.wafv2.exceptions import WAFNonexistentItemException, WAFv2ClientError
from moto.wafv2.models import FakeIPSet, FakeRule, FakeWebACL, WAFV2Backend
from moto.wafv2.responses import WAFV2Response

from lab.aws import wafv2_rules
from lab.aws.extend import graft

UNAVAILABLE = 1                     # how often a new web ACL is; at AWS "from a few seconds to a number of minutes"
NAME = re.compile(r"[\w-]{1,128}")
DESCRIPTION = re.compile(r"[\w+=:#@/\-,.][\w+=:#@/\-,.\s]+[\w+=:#@/\-,.]")
LOG_GROUP = re.compile(r"arn:aws:logs:[^:]+:\d{12}:log-group:(aws-waf-logs-[^:*]+)")


def refused(code: str, message: str) -> WAFv2ClientError:
    """A refusal in the words of AWS WAF."""
    return WAFv2ClientError(code, message)


def _judged(name: str, description: str | None, rules: list[dict[str, Any]]) -> int:
    if not NAME.fullmatch(name) or (description is not None and not DESCRIPTION.fullmatch(description)):
        raise refused("WAFInvalidParameterException", "Error reason: The parameter contains formatting that is not valid., field: NAME")
    try:
        wafv2_rules.check(rules)
        needed = wafv2_rules.capacity(rules)
    except wafv2_rules.Wrong as wrong:
        raise refused("WAFInvalidParameterException", str(wrong)) from wrong
    if needed > wafv2_rules.LIMIT:
        raise refused("WAFLimitsExceededException", f"AWS WAF couldn't perform the operation because you exceeded your resource limit: {needed} WCU")
    return needed


def _used_ip_sets_exist(backend: Any, rules: list[dict[str, Any]]) -> None:
    if any(arn not in backend.ip_sets for arn in wafv2_rules.ip_sets(rules)):
        raise WAFNonexistentItemException


class _Rule:
    def to_dict(self: Any) -> dict[str, Any]:
        return {key: value for key, value in _moto_rule(self).items() if value is not None}


_moto_rule = FakeRule.to_dict
_moto_acl = FakeWebACL.to_dict


class _WebACL:
    def to_dict(self: Any) -> dict[str, Any]:
        kept = {key: value for key, value in _moto_acl(self).items() if value not in (None, "")}
        return {**kept, "Capacity": wafv2_rules.capacity(kept["Rules"]), "ManagedByFirewallManager": False}


_moto_create, _moto_update, _moto_delete = WAFV2Backend.create_web_acl, WAFV2Backend.update_web_acl, WAFV2Backend.delete_web_acl
_moto_create_set, _moto_delete_set = WAFV2Backend.create_ip_set, WAFV2Backend.delete_ip_set
_moto_log = WAFV2Backend.put_logging_configuration


class _Backend:
    def create_web_acl(self: Any, name: str, visibility_config: Any, default_action: Any, scope: str, description: str | None,
                       tags: list[dict[str, str]], rules: list[dict[str, Any]], *more: Any) -> Any:
        _judged(name, description, rules)
        _used_ip_sets_exist(self, rules)
        if self._is_duplicate_name(name):
            raise _duplicate()
        made: Any = _moto_create(self, name, visibility_config, default_action, scope, description or "", tags,
                                 wafv2_rules.with_defaults(rules), *more)
        made.unavailable = UNAVAILABLE
        return made

    def update_web_acl(self: Any, name: str, _id: str, default_action: Any, rules: list[dict[str, Any]] | None, description: str | None,
                       *more: Any) -> str:
        _judged(name, description, rules or [])
        _used_ip_sets_exist(self, rules or [])
        acl = self.get_web_acl(None, name, _id)
        token: str = _moto_update(self, name, _id, default_action, wafv2_rules.with_defaults(rules or []), description, *more)
        acl.description = description or ""
        if not rules:
            acl.rules = []
        return token

    def delete_web_acl(self: Any, name: str, scope: str, _id: str, lock_token: str) -> None:
        acl = self.get_web_acl(None, name, _id)
        if resources_of(self, acl):
            raise _in_use()
        _moto_delete(self, name, scope, _id, lock_token)
        self.logging_configurations.pop(acl.arn, None)
        self.tagging_service.delete_all_tags_for_resource(acl.arn)

    def associate_web_acl(self: Any, web_acl_arn: str, resource_arn: str) -> None:
        acl = self.wacls.get(web_acl_arn)
        if acl is None or resource_arn not in elbv2_backends[self.account_id][self.region_name].load_balancers:
            raise WAFNonexistentItemException
        if acl.unavailable:
            acl.unavailable -= 1
            raise refused("WAFUnavailableEntityException", "AWS WAF couldn't retrieve the resource that you requested. Retry your request.")
        for other in self.wacls.values():
            if resource_arn in other.associated_resources:
                other.associated_resources.remove(resource_arn)
        acl.associated_resources.append(resource_arn)

    def create_ip_set(self: Any, name: str, scope: str, *more: Any) -> FakeIPSet:
        if any(held.name == name and held.scope == scope for held in self.ip_sets.values()):
            raise _duplicate()
        return _moto_create_set(self, name, scope, *more)

    def delete_ip_set(self: Any, name: str, scope: str, _id: str, lock_token: str) -> None:
        arn = self.get_ip_set(name, scope, _id).arn
        if any(arn in wafv2_rules.ip_sets([rule.to_dict() for rule in acl.rules]) for acl in self.wacls.values()):
            raise _in_use()
        _moto_delete_set(self, name, scope, _id, lock_token)
        self.tagging_service.delete_all_tags_for_resource(arn)

    def put_logging_configuration(self: Any, arn: str, destinations: list[str], *more: Any) -> Any:
        if arn not in self.wacls:
            raise WAFNonexistentItemException
        [destination] = destinations if len(destinations) == 1 else [""]
        group = LOG_GROUP.fullmatch(destination)
        if not group or group.group(1) not in logs_backends[self.account_id][self.region_name].groups:
            raise refused("WAFInvalidParameterException", f"Error reason: The ARN isn't valid., field: LOG_DESTINATION, parameter: {destinations}")
        return _moto_log(self, arn, destinations, *more)


class _Actions:
    def describe_managed_rule_group(self: Any) -> tuple[int, dict[str, str], str]:
        body = json.loads(self.body)
        if body["VendorName"] != "AWS" or body["Name"] not in wafv2_rules.MANAGED:
            raise WAFNonexistentItemException
        return 200, {}, json.dumps({"Capacity": wafv2_rules.MANAGED[body["Name"]]})

    def list_resources_for_web_acl(self: Any) -> tuple[int, dict[str, str], str]:
        body = json.loads(self.body)
        acl = self.wafv2_backend.get_web_acl(body["WebACLArn"], None, None)
        wanted = body.get("ResourceType", "APPLICATION_LOAD_BALANCER") == "APPLICATION_LOAD_BALANCER"
        return 200, {}, json.dumps({"ResourceArns": resources_of(self.wafv2_backend, acl) if wanted else []})


def resources_of(backend: Any, acl: Any) -> list[str]:
    """Load balancers that a web ACL stands in front of; those that were removed are none any more."""
    there = elbv2_backends[backend.account_id][backend.region_name].load_balancers
    return [arn for arn in acl.associated_resources if arn in there]


def _duplicate() -> WAFv2ClientError:
    return refused("WAFDuplicateItemException", "AWS WAF couldn't perform the operation because some resource is a duplicate of an existing one.")


def _in_use() -> WAFv2ClientError:
    return refused("WAFAssociatedItemException", "AWS WAF couldn't perform the operation because your resource is being used by another resource.")


def install() -> None:
    """Put them in place of moto's."""
    graft(FakeRule, _Rule)
    graft(FakeWebACL, _WebACL)
    graft(WAFV2Backend, _Backend)
    graft(WAFV2Response, _Actions)
