# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What role monitoring is told is refused before anything is touched: all faults at once, each with its path, none with a secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.multicloud.dr.plugins.module_utils.monitoring.plan import faults

ROLE = Path(__file__).parents[4] / "roles" / "monitoring"
DEFAULTS = {name.removeprefix("monitoring_"): value for name, value in yaml.safe_load((ROLE / "defaults" / "main.yml").read_text()).items()}
HOOK = {"kind": "webhook", "url": "https://a.example/CANARY?y=z"}
SLACK = {"kind": "slack", "url": "https://hooks.example.com/services/CANARY", "channel": "#sale"}
MAIL = {"kind": "mail", "to": ["a@example.com", "b@example.com"], "sender": "dr@example.com", "smarthost": "mail.example.com:587", "user": "dr",
        "password": "CANARY-53"}
DATABASE = {"host": "db.example.com", "port": 3306, "user": "dr_watch", "password": "CANARY-52"}
AWS = {"client": {"region_name": "ap-northeast-2", "aws_secret_access_key": "CANARY-54"}, "database": "tickets-db", "balancer": None}
NHN = {"auth": {"password": "CANARY-55"}, "database": "tickets-db", "cluster": "tickets", "namespace": "ticketing"}
GROUP = {"name": "tickets", "region": "ap-northeast-2", "port": 8000, "endpoint_url": None}
GOOD: dict[str, Any] = {**DEFAULTS, "grafana_password": "CANARY-56-of-admin", "site": "aws", "database": DATABASE, "doors": [{"site": "nhn", "url": "http://192.0.2.1/edgez"}],
                        "agents": [{"site": "nhn", "address": "192.168.0.10:8008"}, {"site": "aws", "address": "10.0.0.10:8008"}]}


def agents(*given: tuple[str, str]) -> dict[str, Any]:
    return {"agents": [{"site": site, "address": address} for site, address in given]}


def test_the_defaults_are_a_plan_and_so_is_a_name_or_an_ipv6_address() -> None:
    assert faults({**GOOD, "scaling_group": GROUP}) == []
    assert faults(GOOD) == [] and faults({**GOOD, "cloud": {"aws": AWS, "nhn": None}}) == [] and faults({**GOOD, "cloud": {"nhn": NHN}}) == []
    others = agents(("nhn", "management.example.com:8008"), ("aws", "[fd00::10]:8008"))
    assert faults({**GOOD, **others, "receivers": [HOOK, MAIL, {**SLACK, "severities": ["page"]}]}) == []


@pytest.mark.parametrize(("change", "said"), [
    (agents(("nhn", "192.168.0.10:8008")), "monitoring_site: aws is none of monitoring_agents"),
    (agents(("aws", "10.0.0.10:8008"), ("aws", "10.0.0.11:8008")), "monitoring_agents[1].site: aws is watched already"),
    (agents(("aws", "10.0.0.10:8008"), ("nhn", "10.0.0.10:8008")), "monitoring_agents[1].address: 10.0.0.10:8008 is that of another site as well"),
    (agents(("aws", "10.0.0.10:8008"), ("n}", "10.0.0.11:8008")), "monitoring_agents[1].site: 'n}' is no name of a site"),
    (agents(("aws", "http://10.0.0.10:8008/metrics")), "monitoring_agents[0].address: 'http://10.0.0.10:8008/metrics' is no address and port"),
    (agents(("aws", "10.0.0.10")), "monitoring_agents[0].address: '10.0.0.10' is no address and port"),
    (agents(("aws", "10.0.0.10:70000")), "monitoring_agents[0].address: '10.0.0.10:70000' is no address and port"),
    ({"applications": ["10.0.0.21:8000", "10.0.0.21:8000"]}, "monitoring_applications[1]: 10.0.0.21:8000 is asked already"),
    ({"applications": ["http://10.0.0.21"]}, "monitoring_applications[0]: 'http://10.0.0.21' is no address and port"),
    ({"database": {**DATABASE, "host": ""}}, "monitoring_database.host: is empty"),
    ({"database": {**DATABASE, "host": "db:3306"}}, "monitoring_database.host: 'db:3306' is no address or name"),
    ({"database": {**DATABASE, "user": "a b"}}, "monitoring_database.user: 'a b' is no name of an account"),
    ({"database": {**DATABASE, "password": "CANARY`"}}, "monitoring_database.password: is empty, or holds what"),
    ({"database": {**DATABASE, "password": "CANARY\n[x]"}}, "monitoring_database.password: is empty, or holds what"),
    ({"doors": [{"site": "nhn", "url": "192.0.2.1"}]}, "monitoring_doors[0].url: '192.0.2.1' is no http:// or https:// address"),
    ({"doors": GOOD["doors"] * 2}, "monitoring_doors[1].url: http://192.0.2.1/edgez is knocked at already"),
    ({"scrape_seconds": 16}, "monitoring_scrape_seconds: 16 is not between 1 and 15"),
    ({"scrape_seconds": 0}, "monitoring_scrape_seconds: 0 is not between 1 and 15"),
    ({"retention_days": 0}, "monitoring_retention_days: 0 is not above 0"),
    ({"settle_seconds": -1}, "monitoring_settle_seconds: -1 is not above 0"),
    ({"scaling_group": {**GROUP, "name": "a\nb"}}, "monitoring_scaling_group.name: 'a\\nb' is no name"),
    ({"scaling_group": {**GROUP, "region": ""}}, "monitoring_scaling_group.region: '' is no name"),
    ({"scaling_group": {**GROUP, "port": 0}}, "monitoring_scaling_group.port: 0 is no port"),
    ({"scaling_group": {"name": "tickets", "port": 8000}}, "monitoring_scaling_group.region: '' is no name"),
    ({"scaling_group": {"name": "tickets", "region": "ap-northeast-2"}}, "monitoring_scaling_group.port: '' is no port"),
    ({"scaling_group": {**GROUP, "endpoint_url": "ec2"}}, "monitoring_scaling_group.endpoint_url: 'ec2' is no http"),
    ({"cloud_seconds": 5}, "monitoring_cloud_seconds: 5 is not between 15 and 3600"),
    ({"cloud": {"aws": AWS, "nhn": NHN}}, "monitoring_cloud: is that of one site, either aws or nhn"),
    ({"cloud": {"gcp": {}}}, "monitoring_cloud: is that of one site, either aws or nhn"),
    ({"cloud": {"aws": {"client": {"region_name": "CANARY"}}}}, "monitoring_cloud.aws: names nothing to ask for; at least one of database, balancer"),
    ({"cloud": {"aws": {**AWS, "client": {}}}}, "monitoring_cloud.aws.client: is missing"),
    ({"cloud": {"nhn": {**NHN, "auth": {}}}}, "monitoring_cloud.nhn.auth: is missing"),
    ({"cloud": {"nhn": {**NHN, "cluster": "CANARY/.."}}}, "monitoring_cloud.nhn.cluster: is no name"),
    ({"cloud": {"nhn": {**NHN, "namespace": ""}}}, "monitoring_cloud.nhn.namespace: is missing, and a cluster needs it"),
    ({"grafana_password": ""}, "monitoring_grafana_password: is shorter than 12 characters"),
    ({"grafana_password": "CANARY\nCANARY"}, "monitoring_grafana_password: is shorter than 12 characters, or holds the end of a line"),
    ({"grafana_address": "0.0.0.0"}, "monitoring_grafana_address: 0.0.0.0 may be reached from anywhere"),
    ({"grafana_address": "::"}, "monitoring_grafana_address: :: may be reached from anywhere"),
    ({"grafana_address": "8.8.8.8"}, "monitoring_grafana_address: 8.8.8.8 may be reached from anywhere"),
    ({"grafana_address": "localhost"}, "monitoring_grafana_address: 'localhost' is no address"),
    ({"grafana_repository": "http://apt.example.com"}, "monitoring_grafana_repository: is no https:// address"),
    ({"grafana_key_fingerprint": "10458545"}, "monitoring_grafana_key_fingerprint: is not a whole fingerprint"),
    ({"grafana_version": "11.6; x"}, "monitoring_grafana_version: '11.6; x' is no version"),
    ({"grafana_port": 9090}, "monitoring_grafana_port: 9090 is taken by monitoring_prometheus_port"),
    ({"remote_write": [{"url": "http://CANARY.example"}]}, "monitoring_remote_write[0].url: is no https:// address"),
    ({"remote_write": [{"url": "https://u:CANARY@a.example/"}]}, "monitoring_remote_write[0].url: is no https:// address without a log-in"),
    ({"remote_write": [{"url": "https://a.example", "user": "CANARY"}]}, "monitoring_remote_write[0]: takes user and password, or token, or neither"),
    ({"remote_write": [{"url": "https://a.example", "token": "CANARY\n"}]}, "monitoring_remote_write[0].token: holds the end of a line"),
    ({"remote_write": [{"url": "https://a.example"}] * 2}, "monitoring_remote_write[1].url: is written to already"),
    ({"node_port": 9090}, "monitoring_node_port: 9090 is taken by monitoring_prometheus_port"),
    ({"prometheus_port": 65536}, "monitoring_prometheus_port: 65536 is no port"),
    ({"receivers": [HOOK, HOOK]}, "monitoring_receivers[1]: is told already"),
    ({"receivers": [{"kind": "pager", "url": "CANARY"}]}, "monitoring_receivers[0].kind: is none of webhook, slack, mail"),
    ({"receivers": [{"kind": "webhook"}]}, "monitoring_receivers[0].url: is missing, and webhook needs it"),
    ({"receivers": [{**HOOK, "url": "ftp://CANARY"}]}, "monitoring_receivers[0].url: is no http:// or https:// address"),
    ({"receivers": [{**HOOK, "token": "CANARY\n"}]}, "monitoring_receivers[0].token: holds what no header of a request can"),
    ({"receivers": [{**HOOK, "url": "https://u:CANARY@a.test/", "token": "x"}]}, "monitoring_receivers[0].token: the address has a log-in already"),
    ({"receivers": [{**MAIL, "password": "CANARY\nx"}]}, "monitoring_receivers[0].password: holds the end of a line"),
    ({"receivers": [{**HOOK, "channel": "#CANARY"}]}, "monitoring_receivers[0].channel: webhook knows nothing of it"),
    ({"receivers": [{**MAIL, "smarthost": "mail"}]}, "monitoring_receivers[0].smarthost: is no HOST:PORT"),
    ({"receivers": [{**MAIL, "password": ""}]}, "monitoring_receivers[0].password: an account has both"),
    ({"receivers": [{**SLACK, "severities": []}]}, "monitoring_receivers[0].severities: at least one of page, ticket"),
])
def test_each_fault_is_told_with_its_path(change: dict[str, Any], said: str) -> None:
    found = faults({**GOOD, **change})
    assert len(found) == 1 and found[0].startswith(said) and "CANARY" not in found[0], found


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "10.0.0.10", "192.168.0.10", "fd00::10"])
def test_grafana_answers_at_home_or_behind_the_vpn_and_nothing_of_it_counts_where_there_is_none(address: str) -> None:
    assert faults({**GOOD, "grafana_address": address}) == []
    assert faults({**GOOD, "grafana_enabled": False, "grafana_password": "", "grafana_address": "8.8.8.8"}) == []


def test_all_at_once_and_no_address_of_a_receiver() -> None:
    bad = {**agents(("nhn", "x"), ("nhn", "y")), "scrape_seconds": 60, "node_port": 0, "receivers": [{**HOOK, "url": "CANARY-51"}, {"kind": "slack"}]}
    found = faults({**GOOD, **bad})
    assert [each.split(":")[0].removeprefix("monitoring_") for each in found] == [
        "agents[0].address", "agents[1].site", "agents[1].address", "site", "scrape_seconds", "node_port",
        "receivers[0].url", "receivers[1].url"]
    assert "CANARY" not in str(found)


def test_the_role_hands_over_all_of_its_plan() -> None:
    task = yaml.safe_load((ROLE / "tasks" / "assert.yml").read_text())[0]
    for name in GOOD.keys() - {"backup_figures"}:
        assert f"'{name}': monitoring_{name}" in task["vars"]["__monitoring_faults"], name
