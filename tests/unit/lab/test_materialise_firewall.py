# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Web ACLs become specs, HAProxy's lines and ModSecurity's rules; what these log is told as AWS's records; what cannot be made real is refused."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.aws import waf_plan

from lab.hosts import haproxy as host
from lab.materialise import aws_cloud, balancing, blocked, firewall, modsecurity, web_acls
from lab.materialise.specs import Listener, LoadBalancer, WebAcl
from tests.unit.lab.test_materialise_clouds import AWS
from tests.unit.lab.test_materialise_texts import BALANCER

ARN = "arn:aws:wafv2:ap-northeast-2:123456789012:regional/ipset/tickets-checkers/1"
GROUPS = [{"name": "AWSManagedRulesAdminProtectionRuleSet"}, {"name": "AWSManagedRulesCommonRuleSet", "counted": ["SizeRestrictions_BODY"]},
          {"name": "AWSManagedRulesLinuxRuleSet"}, {"name": "AWSManagedRulesSQLiRuleSet"}]
PLAN: dict[str, Any] = {"aws_waf_name": "tickets", "aws_waf_rule_groups": GROUPS, "aws_waf_rate_limit": 500, "aws_waf_rate_seconds": 300,
                        "aws_waf_countries": ["KR"], "aws_waf_checked_paths": ["/edgez", "/readyz"]}


def api(**more: Any) -> dict[str, Any]:
    """A web ACL as the API tells it."""
    return {"ARN": "arn:acl", "Name": "tickets", "DefaultAction": {"Allow": {}}, "Rules": waf_plan.rules({**PLAN, **more}, ARN)}


def acl(**more: Any) -> WebAcl:
    return web_acls.web_acl(api(**more), {ARN: ["198.51.100.250/32"]})


def test_the_role_s_rules_are_what_the_load_balancer_asks() -> None:
    found = web_acls.by_balancer([{"acl": api(), "resources": ["arn:lb"]}], {ARN: ["198.51.100.250/32"]})
    assert [rule.name for rule in found["arn:lb"].rules][:3] == ["health-checkers", "countries", "rate"]
    lines = firewall.frontend(found["arn:lb"])
    assert "set-var(txn.c0) bool(true) if { src -f /etc/lab/addresses-0.lst }" in lines
    assert "set-var(txn.c3) bool(true) if { var(txn.c1) -m bool }" in lines and "if { var(txn.c2) -m bool }" in lines
    assert "set-var(txn.c4) bool(true) if { var(txn.c0) -m bool } { var(txn.c3) -m bool }" in lines
    assert "set-var(txn.c5) bool(true) if { var(txn.country) -m str KR }" in lines and "if !{ var(txn.c5) -m bool }" in lines
    assert "{ sc_http_req_rate(0) gt 500 }" in lines
    assert lines.index("str(countries)") < lines.index("track-sc0 src table rate-0 if !{ var(txn.allowed) -m bool }") < lines.index("str(RATE_BASED)")
    assert "stick-table type ip size 1m expire 300s store http_req_rate(300s)" in firewall.tables(found["arn:lb"])
    files = firewall.files(found["arn:lb"])
    assert files["addresses-0.lst"] == "198.51.100.250/32\n" and "198.51.100.0/24 KR\n" in files["countries.map"]


def test_a_balancer_of_aws_has_the_web_acl_that_stands_in_front_of_it() -> None:
    arn = "arn:lb/app/tickets/1"
    held = {**AWS, "web_acls": [{"acl": api(), "resources": [arn]}], "ip_sets": {ARN: ["198.51.100.250/32"]}}
    [balancer] = [spec for spec in aws_cloud.desired(held, {}).values() if isinstance(spec, LoadBalancer)]
    assert balancer.resource == arn and balancer.web_acl == acl()


def test_managed_groups_are_modsecurity_s_chapters_and_what_aws_publishes() -> None:
    text = modsecurity.rules(acl())
    for chapter in ("901", "930", "931", "941", "942", "949"):
        assert f"Include /usr/share/modsecurity-crs/rules/REQUEST-{chapter}-" in text
    assert "REQUEST-932" not in text and text.count("REQUEST-930") == 1
    assert "tag:NoUserAgent_HEADER" in text and "tag:SizeRestrictions_BODY" not in text and "sqlmanager" in text
    assert 'SecRule QUERY_STRING "@gt 2048" "id:100102,phase:1,deny,status:403,log,auditlog,t:none,t:length,' in text
    quiet = acl(aws_waf_rule_groups=[{"name": "AWSManagedRulesSQLiRuleSet", "count_all": True},
                                     {"name": "AWSManagedRulesCommonRuleSet", "counted": ["CrossSiteScripting_BODY"]}])
    text = modsecurity.rules(quiet)
    assert "REQUEST-942" not in text and "REQUEST-941" not in text and "REQUEST-930" in text
    with pytest.raises(ValueError, match="nothing that stands for AWSManagedRulesWindowsRuleSet"):
        modsecurity.rules(acl(aws_waf_rule_groups=[{"name": "AWSManagedRulesAnonymousIpList"}, {"name": "AWSManagedRulesWindowsRuleSet"}]))


def test_a_guarded_balancer_has_two_halves_and_the_listener_s_port_leads_from_one_to_the_other() -> None:
    listeners = (Listener(80, "", "https 443 HTTP_301"), Listener(443, "edge", "", "pem\n"))
    text = balancing.haproxy(dataclasses.replace(BALANCER, listeners=listeners, web_acl=acl()))
    outer, _, inner = text.partition("frontend inner")
    assert outer.count("default_backend waf") == 2 and outer.count("use_backend straight if { var(txn.allowed) -m bool }") == 2
    assert "set-header X-Forwarded-Port 443" in outer and "ssl crt /etc/lab/certificate-443.pem" in outer
    assert "redirect code 301 location https://%[req.hdr(host),field(1,:)]:443%[capture.req.uri] if { req.hdr(x-forwarded-port) 80 }" in inner
    assert "use_backend edge if { req.hdr(x-forwarded-port) 443 }" in inner
    assert set(balancing.files(dataclasses.replace(BALANCER, listeners=listeners, web_acl=acl()))) == {
        "certificate-443.pem", "countries.map", "addresses-0.lst", "nginx.conf", "modsecurity.conf"}


def test_what_the_lab_cannot_make_real_is_refused() -> None:
    def refused(words: str, *rules: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match=words):
            web_acls.web_acl({**api(), "Rules": [{"Priority": 0, "Name": "a", "Action": {"Block": {}}, **rule} for rule in rules]}, {})
    refused("no action Captcha", {"Action": {"Captcha": {}}, "Statement": {"GeoMatchStatement": {"CountryCodes": ["KR"]}}})
    refused("LabelMatchStatement", {"Statement": {"LabelMatchStatement": {"Scope": "LABEL", "Key": "a"}}})
    refused("RateBasedStatement", {"Statement": {"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "FORWARDED_IP"}}})
    managed = {"Statement": {"ManagedRuleGroupStatement": {"Name": "AWSManagedRulesSQLiRuleSet"}}, "OverrideAction": {"None": {}}}
    refused("after all other rules", managed, {"Priority": 1, "Statement": {"GeoMatchStatement": {"CountryCodes": ["KR"]}}})


BY_RULE = ('{"time":1764220000123,"rule":"countries","type":"REGULAR","client":"198.51.100.10","country":"JP","method":"GET","uri":"/events",'
           '"args":"-","version":"HTTP/1.1","id":"u-1","headers":{"Host":"tickets.lab.test","User-Agent":"-"}}')
BY_GROUP: dict[str, Any] = {"transaction": {
    "client_ip": "198.51.100.254", "time_stamp": "Thu Nov 27 05:12:35 2025", "unique_id": "u-2",
    "request": {"method": "GET", "http_version": 1.1, "uri": "/events?q=1", "headers": {"Host": "tickets.lab.test"}}, "response": {"http_code": 403},
    "messages": [{"message": "SQL Injection", "details": {
                     "file": f"{modsecurity.CRS}/REQUEST-942-APPLICATION-ATTACK-SQLI.conf", "tags": ["attack-sqli"]}},
                 {"message": "Anomaly", "details": {"file": f"{modsecurity.CRS}/REQUEST-949-BLOCKING-EVALUATION.conf", "tags": []}}]}}


def test_both_logs_are_told_in_one_form() -> None:
    mine = blocked.by_rule(BY_RULE)
    assert mine and (mine["rule"], mine["args"], mine["headers"], mine["group"]) == ("countries", "", {"Host": "tickets.lab.test"}, "")
    theirs = blocked.by_group(json.dumps(BY_GROUP), acl())
    assert theirs and set(theirs) == set(mine)
    assert (theirs["rule"], theirs["uri"], theirs["args"], theirs["country"]) == ("AWSManagedRulesSQLiRuleSet", "/events", "q=1", "KR")
    assert theirs["time"] == 1764220355000 and theirs["version"] == "HTTP/1.1"
    assert blocked.by_rule("[NOTICE] 1") is None and blocked.by_group("{", acl()) is None
    passed = {"transaction": {**BY_GROUP["transaction"], "response": {"http_code": 200}}}
    assert blocked.by_group(json.dumps(passed), acl()) is None


def test_each_line_is_told_once_and_what_nobody_heard_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.hosts.files.HOSTS", tmp_path)
    balancer, told, listening = dataclasses.replace(BALANCER, web_acl=acl()), [], [False]

    def tell(records: Any) -> bool:
        told.append(records)
        return listening[0]
    log = tmp_path / "lb" / "run" / host.LOG
    log.parent.mkdir(parents=True)
    log.write_text(f"{BY_RULE}\n{BY_RULE[:20]}")
    blocked.ship([balancer, BALANCER], tell)
    listening[0] = True
    blocked.ship([balancer], tell)
    blocked.ship([balancer], tell)
    assert [len(each["arn:lb"]) for each in told] == [1, 1]
    with log.open("a") as text:
        text.write(f"{BY_RULE[20:]}\n")
    blocked.ship([balancer], tell)
    assert len(told) == 3
    log.write_text(f"{BY_RULE}\n")          # begun anew
    blocked.ship([balancer], tell)
    assert len(told) == 4
