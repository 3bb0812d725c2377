# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Asks both control planes what they hold. One that does not answer was not looked at: None, which is not the same as empty."""

from __future__ import annotations

import json
import logging
import time
import urllib.request
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lab import files, world
from lab.secrets import aws_keys

log = logging.getLogger("lab.materialise")
TIMEOUT = 10.0                      # seconds for one question
AWS_REREAD = 15.0                   # seconds after which AWS is read again although its journal shows no write


def broken_sites(path: Path = world.FAULTS) -> set[str]:
    """Sites `lab break` has taken down: nothing of theirs may be revived."""
    return {name for name in files.read_json(path, {}) if name in ("nhn", "aws")}


def silent_control_planes(path: Path = world.FAULTS) -> set[str]:
    """Sites whose control plane `lab break` has silenced; the lab's own doors stay open, so they must be kept from asking."""
    faults = files.read_json(path, {})
    return {site for site in ("nhn", "aws") if site in faults or f"{site}_control_plane" in faults}


class Nhn:
    """NHN's emulator, through the lab's own door."""

    def read(self) -> dict[str, Any] | None:
        return _said(lambda: _get(f"{world.NHN_URL}/_lab/world"), "NHN")

    def observed(self, seen: dict[str, dict[str, Any]]) -> bool:
        """Report what is real; False when nobody listened."""
        return _said(lambda: _put(f"{world.NHN_URL}/_lab/observed", seen), "NHN") is not None


class Aws:
    """AWS's emulator, through its API. It is read as a whole when its journal shows a write, when it says that it did something by itself, and
    every AWS_REREAD seconds.
    """

    def __init__(self, journal: Path = world.REQUESTS / "aws.jsonl", clock: Callable[[], float] = time.time):
        self._writes = _Writes(journal)
        self._clock = clock
        self._read_at = 0.0
        self._world: dict[str, Any] | None = None
        self._clients: dict[str, Any] = {}

    def read(self) -> dict[str, Any] | None:
        now = self._clock()
        written = self._writes.any()        # asked first: what is written while we read shows next time
        if self._world is None or now - self._read_at > AWS_REREAD or written:
            self._world = _said(self._everything, "AWS")
            self._read_at = now
        return self._world

    def observed(self, seen: dict[str, dict[str, Any]]) -> bool:
        answer = _said(lambda: _put(f"{world.AWS_URL}/_lab/observed", seen), "AWS")
        if answer and answer.get("went_on"):
            self._read_at = 0.0
        return answer is not None

    def blocked(self, records: Mapping[str, list[dict[str, Any]]]) -> bool:
        """Tell what load balancers have blocked; False when nobody listened."""
        return _said(lambda: _put(f"{world.AWS_URL}/_lab/blocked", records), "AWS") is not None

    def _everything(self) -> dict[str, Any]:
        ec2, rds, elb = (self._client(name) for name in ("ec2", "rds", "elbv2"))
        balancers = _pages(elb, "describe_load_balancers", "LoadBalancers")
        groups = _pages(elb, "describe_target_groups", "TargetGroups")
        databases = _pages(rds, "describe_db_instances", "DBInstances")
        return {
            "vpcs": ec2.describe_vpcs()["Vpcs"],
            "subnets": ec2.describe_subnets()["Subnets"],
            "route_tables": ec2.describe_route_tables()["RouteTables"],
            "internet_gateways": ec2.describe_internet_gateways()["InternetGateways"],
            "nat_gateways": _pages(ec2, "describe_nat_gateways", "NatGateways"),
            "addresses": ec2.describe_addresses()["Addresses"],
            "instances": [instance for reservation in _pages(ec2, "describe_instances", "Reservations")
                          for instance in reservation["Instances"]],
            "security_groups": _pages(ec2, "describe_security_groups", "SecurityGroups"),
            "vpn_gateways": ec2.describe_vpn_gateways()["VpnGateways"],
            "vpn_connections": ec2.describe_vpn_connections()["VpnConnections"],
            "databases": databases,
            "parameters": {database["DBInstanceIdentifier"]: self._parameters(rds, database) for database in databases},
            "load_balancers": balancers,
            "listeners": {balancer["LoadBalancerArn"]: elb.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
                          for balancer in balancers},
            "target_groups": groups,
            "targets": {group["TargetGroupArn"]: [health["Target"] for health in elb.describe_target_health(
                TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"]] for group in groups},
            **self._firewalls(),
            "secrets": _get(f"{world.AWS_URL}/_lab/secrets"),
        }

    def _firewalls(self) -> dict[str, Any]:
        """Web ACLs with what they stand in front of, and the addresses of IP sets."""
        waf = self._client("wafv2")
        acls = [waf.get_web_acl(Name=each["Name"], Scope="REGIONAL", Id=each["Id"])["WebACL"]
                for each in waf.list_web_acls(Scope="REGIONAL")["WebACLs"]]
        sets = waf.list_ip_sets(Scope="REGIONAL")["IPSets"]
        return {
            "web_acls": [{"acl": acl, "resources": waf.list_resources_for_web_acl(WebACLArn=acl["ARN"])["ResourceArns"]} for acl in acls],
            "ip_sets": {each["ARN"]: waf.get_ip_set(Name=each["Name"], Scope="REGIONAL", Id=each["Id"])["IPSet"]["Addresses"] for each in sets}}

    @staticmethod
    def _parameters(rds: Any, database: dict[str, Any]) -> dict[str, str]:
        """What the caller changed in the instance's parameter groups; default groups hold nothing of his."""
        found: dict[str, str] = {}
        for group in database.get("DBParameterGroups", []):
            name = group["DBParameterGroupName"]
            if not name.startswith("default."):
                answer = rds.describe_db_parameters(DBParameterGroupName=name, Source="user")
                found |= {parameter["ParameterName"]: parameter["ParameterValue"] for parameter in answer["Parameters"]
                          if "ParameterValue" in parameter}
        return found

    def _client(self, name: str) -> Any:
        if name not in self._clients:
            self._clients[name] = boto3.client(
                name, region_name=world.AWS_REGION, endpoint_url=world.AWS_URL, **aws_keys(),
                config=Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=TIMEOUT, proxies={}))
        return self._clients[name]


class _Writes:
    """Follows a request journal and tells whether a write has come since the last question."""

    def __init__(self, journal: Path):
        self._journal = journal
        self._position = 0

    def any(self) -> bool:
        if not self._journal.exists():
            return False
        with self._journal.open("rb") as journal:
            if self._journal.stat().st_size < self._position:
                self._position = 0
            journal.seek(self._position)
            news = journal.read()
            self._position = journal.tell()
        return b'"write": true' in news


def _pages(client: Any, operation: str, key: str) -> list[dict[str, Any]]:
    return [item for page in client.get_paginator(operation).paginate() for item in page[key]]


_silent: dict[str, str] = {}


def _said(ask: Callable[[], Any], who: str) -> Any:
    """The answer, or None; the log hears of it once when silence begins and once when it ends."""
    try:
        answer = ask()
    except (OSError, BotoCoreError, ClientError, ValueError) as error:
        if _silent.get(who) != str(error):
            log.warning("%s's control plane does not answer, leaving its site as it is: %s", who, error)
        _silent[who] = str(error)
        return None
    if _silent.pop(who, None):
        log.info("%s's control plane answers again", who)
    return answer


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))     # lab addresses never go through a proxy


def _get(url: str) -> Any:
    with _opener.open(url, timeout=TIMEOUT) as answer:
        return json.load(answer)


def _put(url: str, body: Any) -> Any:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="PUT")
    with _opener.open(request, timeout=TIMEOUT) as answer:
        return json.loads(answer.read() or b"{}")


def both(nhn: Nhn, aws: Aws, silent: Collection[str]) -> dict[str, dict[str, Any]]:
    """{site: world} of the sites that could be looked at."""
    found = {"nhn": None if "nhn" in silent else nhn.read(), "aws": None if "aws" in silent else aws.read()}
    return {site: world_ for site, world_ in found.items() if world_ is not None}
