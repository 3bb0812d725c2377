# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every fault that is planted is found, alone and among all others, with its path and what mends it; a world that lacks nothing has none."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.multicloud.dr.plugins.module_utils.shape import Unset

from lab.secrets import MAKERS
from tests.unit.plugins.preflight.well import NOW, REPOSITORY, Plant, found, secrets

Change = Callable[[Plant], Any]


def set_(name: str, value: Any) -> Change:
    """Another value in the inventory."""
    return lambda plant: plant.values.update({name: value})


def told(cloud: str, question: str, **answer: Any) -> Change:
    """Another answer of a cloud, in these parts."""
    return lambda plant: getattr(plant, cloud)[question].update(answer)


def hushed(cloud: str, question: str, kind: str = "refused") -> Change:
    return lambda plant: plant.hush(cloud, question, kind)


def limit(name: str, value: float) -> Change:
    return lambda plant: plant.aws["quotas"]["limits"].update({name: value})


def certificate(**of: Any) -> Change:
    return lambda plant: plant.aws["certificates"]["arn:1"].update(of)


def zone_of(*zones: dict[str, Any]) -> Change:
    return told("aws", "names", zones=list(zones))


ZONE = {"id": "/hostedzone/Z1", "private": False, "servers": ["ns-1.awsdns-01.com"]}
VPC = {"id": "vpc-1", "name": "other", "cidr": "10.0.128.0/20"}

# name: (what is planted, where it has to be found, words of what is wrong)
PLANTED: dict[str, tuple[Change, str, str]] = {
    # the vault
    "secret not to be had": (set_("vault_db_app_password", Unset("'vaulted' is undefined")), "vault_db_app_password", "is undefined"),
    "secret empty": (set_("vault_nhn_appkey", " "), "vault_nhn_appkey", "is empty"),
    "secret a placeholder": (set_("vault_db_sync_password", "CHANGE_ME_PLEASE"), "vault_db_sync_password", "placeholder"),
    "secret short": (set_("vault_db_watch_password", "aB3dE5"), "vault_db_watch_password", "too short"),
    "secret with a line's end": (set_("vault_aws_secret_key", "aB3dE5fG7hI9\n"), "vault_aws_secret_key", "end of a line"),
    "secret used twice": (lambda plant: plant.values.update(vault_vpn_psk_b=plant.values["vault_vpn_psk_a"]), "vault_vpn_psk_b", "the same as"),
    "key of the authority broken": (set_("vault_quorum_ca_key", "-----BEGIN nothing"), "vault_quorum_ca_key", "no private key"),
    "certificate of the authority broken": (set_("vault_quorum_ca_certificate", "-----BEGIN nothing"), "vault_quorum_ca_certificate",
                                            "no certificate"),
    "temporary key": (set_("vault_aws_access_key", "ASIA2B3C4D5E6F7G8H9I"), "vault_aws_access_key", "temporary"),
    # log-ins
    "NHN log-in refused": (hushed("nhn", "login"), "nhn_auth.password", "refuses a log-in"),
    "NHN silent": (hushed("nhn", "login", "silent"), "nhn_auth", "gives no answer"),
    "NHN not asked": (lambda plant: plant.nhn.clear(), "nhn_auth", "NHN Cloud was not asked"),
    "AWS not asked": (lambda plant: plant.aws.clear(), "aws_auth", "AWS was not asked"),
    "Object Storage refused": (hushed("nhn", "objects"), "nhn_auth.object_tenant_id", "refuses Object Storage"),
    "RDS refused": (hushed("nhn", "rds"), "nhn_auth.appkey", "refuses RDS"),
    "registry refused": (hushed("nhn", "registry"), "nhn_auth.access_key_id", "refuses the container registry"),
    "NKS refused": (hushed("nhn", "kubernetes"), "nhn_auth.username", "refuses NKS"),
    "AWS log-in refused": (hushed("aws", "identity"), "aws_auth.access_key", "refuses who is asking"),
    "AWS silent": (hushed("aws", "identity", "silent"), "aws_auth", "gives no answer"),
    "AWS action refused": (hushed("aws", "zones"), "aws_auth (ec2:DescribeAvailabilityZones)", "refuses zones"),
    "keys of root": (told("aws", "identity", arn="arn:aws:iam::123456789012:root"), "aws_auth.access_key", "root's"),
    "another account": (set_("preflight_aws_account", "999999999999"), "preflight_aws_account", "of account 123456789012"),
    # what there is at NHN Cloud
    "region without NKS": (told("nhn", "login", services={"NKS": ["KR2"]}), "topology_sites.nhn.region", "no NKS"),
    "region without RDS": (told("nhn", "rds", regions={"KR1": False}), "topology_sites.nhn.region", "not enabled"),
    "zone unknown": (told("nhn", "compute", zones=["kr-pub-b"]), "nhn_host_zone", "no zone"),
    "flavor of the host unknown": (set_("nhn_host_flavor", "m9.c1m1"), "nhn_host_flavor", "no flavor"),
    "flavor of nodes unknown": (set_("nhn_kubernetes_flavor", "m9.c1m1"), "nhn_kubernetes_flavor", "no flavor"),
    "image of the host unknown": (set_("nhn_host_image", "Debian 13"), "nhn_host_image", "no image"),
    "image of nodes unknown": (set_("nhn_kubernetes_image", "Debian 13"), "nhn_kubernetes_image", "no image"),
    "type of volume unknown": (told("nhn", "volumes", types=["General HDD"]), "nhn_kubernetes_volume_type", "no type of volume"),
    "no external network": (told("nhn", "network", external=False), "nhn_auth.tenant_id", "no external network"),
    "version of RDS unknown": (told("nhn", "rds", versions=["MYSQL_V8407"]), "nhn_database_version", "no version"),
    "version of RDS misspelt": (set_("nhn_database_version", "8.4.8"), "nhn_database_version", "as NHN Cloud spells one"),
    "flavor of RDS unknown": (told("nhn", "rds", flavors=["m2.c4m8"]), "nhn_database_flavor", "no flavor"),
    "storage of RDS unknown": (told("nhn", "rds", storage_types=["General HDD"]), "nhn_database_storage_type", "no storage"),
    "version of NKS gone": (told("nhn", "kubernetes", versions=["v1.33.4"]), "nhn_kubernetes_version", "no version"),
    "addon unknown": (told("nhn", "kubernetes", addons={}), "nhn_kubernetes_addons[0].name", "no addon"),
    "version of an addon gone": (told("nhn", "kubernetes", addons={"metrics_server": ["v0.5"]}), "nhn_kubernetes_addons[0].version", "no version"),
    # what there is at AWS
    "region not enabled": (told("aws", "regions", **{"ap-northeast-2": "not-opted-in"}), "topology_sites.aws.region", "not enabled"),
    "zone impaired": (told("aws", "zones", **{"ap-northeast-2c": "impaired"}), "topology_sites.aws.subnets[1].zone", "impaired"),
    "instance type unknown": (set_("aws_web_instance_type", "t9.huge"), "aws_web_instance_type", "knows no instance type"),
    "instance type not there": (lambda plant: plant.aws["types"]["t3.small"].update(zones=["ap-northeast-2b", "ap-northeast-2c"]),
                                "aws_host_instance_type", "not to be had in ap-northeast-2a"),
    "instance type of another architecture": (lambda plant: plant.aws["types"]["t3.small"].update(architectures=["arm64"]),
                                              "aws_host_instance_type", "a machine of arm64"),
    "image unknown": (set_("aws_host_image", "ami-2"), "aws_host_image", "does not exist"),
    "image not ready": (lambda plant: plant.aws["images"]["ami-1"].update(state="pending"), "aws_host_image", "is pending"),
    "image of another architecture": (lambda plant: plant.aws["images"]["ami-1"].update(architecture="arm64"), "aws_web_instance_image", "for arm64"),
    "root volume called otherwise": (set_("aws_web_root_device", "/dev/sda1"), "aws_web_root_device", "calls its root volume /dev/xvda"),
    "root volume too small": (set_("aws_web_root_gigabytes", 4), "aws_web_root_gigabytes", "4 GiB are asked for"),
    "version not at AWS": (told("aws", "versions", mysql=["8.4.9"]), "aws_database_engine_version", "no version that RDS has"),
    "version not whole": (set_("aws_database_engine_version", "8.4"), "aws_database_engine_version", "leaves AWS to choose"),
    "class not with that version": (told("aws", "classes", zones=[]), "aws_database_class", "not to be had with MySQL"),
    "class not in those zones": (told("aws", "classes", zones=["ap-northeast-2d"]), "aws_database_class", "the database's subnets lie in"),
    "target older than source": (set_("aws_database_engine_version", "8.4.7"), "aws_database_engine_version", "older than NHN Cloud's 8.4.8"),
    "target of a later series": (set_("nhn_database_version", "MYSQL_V8045"), "aws_database_engine_version", "never follow home"),
    # what the application at AWS stands on
    "certificate missing": (lambda plant: plant.aws["certificates"].clear(), "aws_web_certificate_domain",
                            "has no certificate for tickets.example.org"),
    "certificate of that ARN missing": (lambda plant: (plant.values.update(aws_web_certificate_arn="arn:2"), plant.aws["certificates"].clear()),
                                        "aws_web_certificate_arn", "has no certificate arn:2"),
    "certificate not issued": (certificate(state="PENDING_VALIDATION"), "aws_web_certificate_domain", "is PENDING_VALIDATION"),
    "certificate for another name": (certificate(names=["*.tickets.example.org", "example.org"]), "aws_web_certificate_domain",
                                     "users come to tickets.example.org"),
    "certificate not named": (lambda plant: plant.values.update(aws_web_certificate_domain="") or plant.aws.pop("certificates"),
                              "aws_web_certificate_domain", "no certificate"),
    "image by a tag": (set_("aws_web_container_image", f"{REPOSITORY}:1.0"), "aws_web_container_image", "by digest"),
    "image not pushed": (told("aws", "pushed", digests=[]), "aws_web_container_image", "ECR does not have"),
    # its web ACL
    "rule group unknown": (told("aws", "rule_groups", AWSManagedRulesSQLiRuleSet=None), "aws_waf_rule_groups[1].name",
                           "no managed rule group AWSManagedRulesSQLiRuleSet in ap-northeast-2"),
    "rule group that has grown": (told("aws", "rule_groups", AWSManagedRulesCommonRuleSet=1300), "aws_waf_rule_groups",
                                  "need 1507 capacity units, and aws_waf_capacity_limit is 1500"),
    "log that nobody may write": (told("aws", "log_policies", names=list("abcdefghij")), "aws_waf_log_group", "none lets AWS WAF write"),
    # room at NHN Cloud
    "NHN quota of VPCs": (told("nhn", "network", vpcs=[{"id": n, "name": n, "cidr": "172.16.0.0/24"} for n in "abc"]), "NHN Cloud quota vpcs",
                          "3 of 3 are used"),
    "NHN quota of subnets": (set_("nhn_network_subnets", [{"name": str(n)} for n in range(11)]), "NHN Cloud quota subnets_per_vpc", "11 are needed"),
    "NHN quota of tables": (set_("nhn_network_routing_tables", [{"name": str(n)} for n in range(11)]), "NHN Cloud quota routing_tables_per_vpc",
                            "11 are needed"),
    "NHN quota of routes": (set_("nhn_host_routes", [{"routing_table": "a"}] * 11), "NHN Cloud quota routes_per_table", "11 are needed"),
    "NHN quota of internet gateways": (told("nhn", "network", internet_gateways=["x", "y"]), "NHN Cloud quota internet_gateways", "2 more are"),
    "NHN quota of NAT gateways": (set_("nhn_network_nat_gateways", [{"name": n} for n in "abcd"]), "NHN Cloud quota nat_gateways", "4 are needed"),
    "NHN quota of floating IPs": (told("nhn", "network", floating_ips=49), "NHN Cloud quota floating_ips", "49 of 50"),
    "NHN quota of load balancers": (told("nhn", "network", load_balancers=list("abcdefghij")), "NHN Cloud quota load_balancers", "10 of 10"),
    "NHN quota of vCPUs": (told("nhn", "compute", servers={"big": 96}), "NHN Cloud quota vcpus", "10 more are needed"),
    "NHN quota of block storage": (told("nhn", "volumes", gigabytes=10100), "NHN Cloud quota volume_gb", "220 more are needed"),
    "NHN quota of clusters": (told("nhn", "kubernetes", clusters=["a", "b", "c"]), "NHN Cloud quota clusters", "3 of 3"),
    "NHN quota of nodes": (set_("nhn_kubernetes_autoscaler", {"max_nodes": 11}), "NHN Cloud quota nodes_per_group", "11 are needed"),
    "NHN quota unknown": (set_("preflight_nhn_quotas", {"ponies": 3}), "preflight_nhn_quotas.ponies", "no quota"),
    # room at AWS
    **{f"AWS quota of {name}": (limit(name, 0), f"AWS quota {name}", "0 of 0 are used") for name in (
        "vpcs", "internet_gateways", "nat_gateways_per_zone", "addresses", "vcpus", "vpn_gateways", "customer_gateways", "vpn_connections",
        "databases", "database_gb", "balancers", "target_groups", "scaling_groups", "launch_templates", "web_acls", "ip_sets", "health_checks",
        "buckets")},
    "AWS quota of vCPUs while instances are replaced": (limit("vcpus", 13), "AWS quota vcpus", "14 more are needed"),
    "AWS quota of balancers, for the inner one": (limit("balancers", 1), "AWS quota balancers", "2 more are needed"),
    "AWS quota of security groups": (limit("security_groups", 1), "AWS quota security_groups", "1 of 1 are used and 1 more"),
    # ranges
    "pods overlap a site": (set_("nhn_kubernetes_labels", {"pods_network_cidr": "10.0.0.0/16"}), "nhn_kubernetes_labels.pods_network_cidr",
                            "overlaps 10.0.0.0/16"),
    "services overlap pods": (set_("nhn_kubernetes_labels", {"service_cluster_ip_range": "10.100.0.0/20"}),
                              "nhn_kubernetes_labels.service_cluster_ip_range", "overlaps 10.100.0.0/16"),
    "pods in what NKS keeps": (set_("nhn_kubernetes_labels", {"pods_network_cidr": "198.18.0.0/20"}), "nhn_kubernetes_labels.pods_network_cidr",
                                "NKS keeps"),
    "pods too few": (set_("nhn_kubernetes_labels", {"pods_network_cidr": "10.100.0.0/25"}), "nhn_kubernetes_labels.pods_network_cidr", "smaller"),
    "pods no range": (set_("nhn_kubernetes_labels", {"pods_network_cidr": "banana"}), "nhn_kubernetes_labels.pods_network_cidr", "not an IPv4 range"),
    "VPC of ours with another range, AWS": (told("aws", "network", vpcs=[{**VPC, "name": "tickets-vpc"}]), "topology_sites.aws.cidr", "exists with"),
    "VPC of ours with another range, NHN": (told("nhn", "network", vpcs=[{**VPC, "name": "tickets-vpc"}]), "topology_sites.nhn.cidr", "exists with"),
    "two VPCs of our name": (told("aws", "network", vpcs=[{"id": n, "name": "tickets-vpc", "cidr": "10.0.0.0/16"} for n in "ab"]),
                             "topology_sites.aws.cidr", "there are 2 VPCs"),
    "range of a tunnel taken": (told("aws", "network", connections=[{"id": "vpn-1", "name": "other", "inside_cidrs": ["169.254.12.0/30"]}]),
                                "aws_vpn_tunnels[1].inside_cidr", "used by connection other"),
    "operators inside a site": (set_("operators_cidr", "192.168.7.0/24"), "operators_cidr", "overlaps topology_sites.nhn.cidr"),
    "operators shut out of the API": (set_("nhn_kubernetes_api_allowed_cidrs", ["192.168.0.0/16"]), "nhn_kubernetes_api_allowed_cidrs", "closed to"),
    "third place private": (set_("third.ansible_host", "10.1.2.3"), "third.ansible_host", "is private"),
    "third place no address": (set_("third.ansible_host", "third.example.org"), "third.ansible_host", "no IPv4 address"),
    # names
    "bucket taken": (lambda plant: plant.aws["buckets"]["wanted"].update({"tickets-latch": "taken"}), "latch_bucket", "somebody else's"),
    "bucket misnamed": (set_("aws_storage_backup_bucket", "Tickets_Backups"), "backup_bucket", "no name for a bucket"),
    "one bucket for both": (set_("aws_storage_backup_bucket", "tickets-latch"), "backup_bucket", "the marker's bucket as well"),
    "database of another engine": (told("aws", "databases", instances={"tickets-db": {"engine": "postgres", "gib": 20}}), "world_names.aws.database",
                                   "is postgres"),
    "database that failed over": (told("nhn", "rds", instances=[{"name": "tickets-db", "role": "FAILED_MASTER"}]), "world_names.nhn.database",
                                  "is FAILED_MASTER"),
    "registry misnamed": (set_("nhn_registry_name", "Tickets"), "nhn_registry_name", "no name for a registry"),
    # outside
    "zone delegated elsewhere": (told("aws", "resolvers", servers=["ns1.elsewhere.net"]), "topology_zone", "is delegated to ns1.elsewhere.net"),
    "zone delegated in part": (told("aws", "resolvers", servers=["ns-1.awsdns-01.com", "ns2.elsewhere.net"]), "topology_zone", "is delegated to ns2"),
    "zone not delegated": (told("aws", "resolvers", servers=[]), "topology_zone", "to no one"),
    "zone somebody else's": (zone_of(), "topology_zone", "Route 53 has no zone of that name"),
    "zone private": (zone_of({**ZONE, "private": True}), "topology_zone", "is a private zone"),
    "zone there twice": (zone_of(ZONE, ZONE), "topology_zone", "2 public zones"),
    "resolvers silent": (hushed("aws", "resolvers", "silent"), "dns_failover_resolvers", "no resolver says"),
    "clock by NHN": (told("nhn", "login", offset_seconds=70.0), "this machine's clock", "NHN Cloud is 70 s ahead"),
    "clock by AWS": (told("aws", "identity", offset_seconds=-9.0), "this machine's clock", "AWS is 9 s behind"),
    "clock of the third place": (lambda plant: plant.third.update(offset_seconds=30.0), "the third place's clock", "30 s ahead"),
    "third place away": (lambda plant: plant.third.update(unreachable="no route"), "third.ansible_host", "cannot be logged in to: no route"),
    "third place of another kind": (lambda plant: plant.third.update(system="Rocky", version="9"), "third.ansible_host", "runs Rocky 9"),
    "no key": (lambda plant: plant.key.update(exists=False), "ssh_private_key_file", "there is no file id"),
    "no public half": (lambda plant: plant.key.update(public=False), "ssh_private_key_file", "there is no file id.pub"),
    "public half no key": (set_("nhn_host_public_key", "-----BEGIN CANARY"), "ssh_public_key", "no public key"),
    "key open to others": (lambda plant: plant.key.update(mode=0o644), "ssh_private_key_file", "read by others (mode 0644)"),
    # money
    "above the budget": (set_("preflight_budget", {"USD": 10}), "preflight_budget.USD", "10 are allowed"),
    # what stands on something undefined, and the plan's own
    "variable not to be had": (set_("nhn_host_zone", Unset("'zone_of_nobody' is undefined")), "nhn_host_zone", "is undefined"),
    "fault of the plan": (lambda plant: plant.faults.append("topology_name: 'X' must be 2 to 14"), "topology_name", "must be 2 to 14"),
}
ADVISED: dict[str, tuple[Change, str, str]] = {
    "operators everywhere": (set_("operators_cidr", "0.0.0.0/0"), "operators_cidr", "lets everybody"),
    "VPC that overlaps, AWS": (told("aws", "network", vpcs=[VPC]), "topology_sites.aws.cidr", "overlaps VPC other"),
    "quota not told": (limit("vcpus", None), "aws_auth (servicequotas:GetServiceQuota)", "does not say how much is allowed of: vcpus"),     # type: ignore[arg-type]
    "zone to come": (lambda plant: (plant.aws["names"].update(zones=[]), plant.aws["resolvers"].update(servers=[])), "topology_zone", "has no zone"),
    "certificate ending": (certificate(ends=NOW + 10 * 86400), "aws_web_certificate_domain", "ends on 2026-12-07"),
    "price unknown": (lambda plant: plant.values.update(preflight_prices=[p for p in plant.values["preflight_prices"] if p["kind"] != "vpn"]),
                      "preflight_own_prices", "no price of vpn"),
    "price old": (lambda plant: [p.update(as_of="2025-01-01") for p in plant.values["preflight_prices"] if p["kind"] == "vpn"], "preflight_prices",
                  "older than a year: vpn"),
}


def test_a_world_that_lacks_nothing_has_no_findings() -> None:
    assert found() == []


@pytest.mark.parametrize("name", [*PLANTED, *ADVISED])
def test_a_planted_fault_is_found_with_its_path_and_what_mends_it(name: str) -> None:
    plant, path, words = (PLANTED | ADVISED)[name]
    there = [finding for finding in found(plant) if finding.path == path and words in finding.wrong]
    assert len(there) == 1, [finding.told() for finding in found(plant)]
    assert there[0].advice is (name in ADVISED) and len(there[0].mend) > 10 and there[0].told().endswith(".")


def test_they_are_many_and_no_two_are_told_alike() -> None:
    sentences = {name: next(f.told() for f in found(plant) if f.path == path and words in f.wrong) for name, (plant, path, words) in PLANTED.items()}
    assert len(PLANTED) >= 30 and len(set(sentences.values())) == len(PLANTED)


# These do not take the ground from under each other: what was not answered, or is of another kind, can be judged by nobody.
TOGETHER = (
    "secret empty", "secret a placeholder", "secret short", "secret with a line's end", "secret used twice", "certificate of the authority broken",
    "temporary key", "Object Storage refused", "registry refused", "keys of root", "another account", "region without NKS", "region without RDS",
    "flavor of RDS unknown", "storage of RDS unknown", "image of the host unknown", "image of nodes unknown", "type of volume unknown",
    "no external network", "version of NKS gone", "addon unknown", "region not enabled", "zone impaired", "image not ready",
    "class not with that version", "target older than source", "NHN quota of VPCs", "NHN quota of subnets", "NHN quota of routes",
    "NHN quota of internet gateways", "NHN quota of floating IPs", "NHN quota of load balancers", "NHN quota of vCPUs",
    "NHN quota of block storage", "NHN quota of clusters", "NHN quota unknown", "pods overlap a site", "two VPCs of our name",
    "range of a tunnel taken", "operators inside a site", "third place private", "bucket misnamed", "database that failed over", "registry misnamed",
    "zone delegated elsewhere", "clock by NHN", "clock of the third place", "no public half", "above the budget", "variable not to be had",
    "fault of the plan", "AWS quota of internet_gateways", "AWS quota of nat_gateways_per_zone", "AWS quota of addresses", "AWS quota of vcpus",
    "AWS quota of vpn_gateways", "AWS quota of customer_gateways", "AWS quota of databases", "AWS quota of database_gb", "AWS quota of balancers",
    "AWS quota of health_checks", "AWS quota of buckets", "AWS quota of target_groups", "AWS quota of scaling_groups",
    "AWS quota of launch_templates", "AWS quota of web_acls", "AWS quota of ip_sets", "rule group that has grown",
    "log that nobody may write", "certificate for another name", "image not pushed", "root volume called otherwise")


def test_all_at_once_are_told_at_once() -> None:
    told_ = found(*(PLANTED[name][0] for name in TOGETHER))
    lacking = [name for name in TOGETHER if not any(f.path == PLANTED[name][1] and PLANTED[name][2] in f.wrong for f in told_)]
    assert len(set(TOGETHER)) > 60 and lacking == []


@pytest.mark.parametrize("names", [["*.example.org"], ["example.org", "Tickets.example.org"]])
def test_a_certificate_covers_the_public_name_by_a_star_or_by_another_of_its_names(names: list[str]) -> None:
    assert found(certificate(names=names)) == []


def test_of_several_certificates_the_newest_is_judged_as_it_is_the_one_that_is_shown() -> None:
    def renewed(plant: Plant) -> None:
        plant.aws["certificates"]["arn:0"] = {"names": ["tickets.example.org"], "state": "EXPIRED", "ends": NOW - 86400}
        plant.aws["certificates"]["arn:2"] = {"names": ["tickets.example.org"], "state": "ISSUED", "ends": NOW + 86400}
    assert found(renewed) == []


def test_advice_comes_last() -> None:
    order = [finding.advice for finding in found(ADVISED["price old"][0], PLANTED["no key"][0])]
    assert order == [False, True]


def test_no_secret_is_quoted() -> None:
    """Each secret once as it is not to be, under every name."""
    for name, make in itertools.product(secrets(), (lambda: "CANARY ", lambda: "CANARY51", lambda: "CHANGE_ME_CANARY", lambda: "-----BEGIN CANARY")):
        told_ = " ".join(finding.told() for finding in found(set_(name, make())))
        assert "CANARY" not in told_ and not any(value in told_ for value in secrets().values() if len(value) > 12)
    assert len(secrets()) == len(MAKERS)


def test_what_is_there_already_is_not_needed_again() -> None:
    """A pair that is built stands at its quotas, and nothing is missing."""
    def built(plant: Plant) -> None:
        plant.nhn["network"].update(vpcs=[{"id": "v", "name": "tickets-vpc", "cidr": "192.168.0.0/16"}], floating_ips=50,
                                    load_balancers=["tickets"] * 10, internet_gateways=["tickets-edge", "tickets-app", "x"])
        plant.nhn["compute"]["servers"] = {"tickets-management": 2, **{f"tickets-default-worker-node-{n}": 2 for n in range(4)}, "other": 90}
        plant.nhn["kubernetes"]["clusters"] = ["tickets", "a", "b"]
        plant.aws["network"].update(
            vpcs=[{"id": "v", "name": "tickets-vpc", "cidr": "10.0.0.0/16"}], internet_gateways=["tickets-internet"], vpn_gateways=["tickets-vpn"],
            customer_gateways=["tickets-vpn"], addresses=["tickets-nat-public-a", "tickets-standby"], security_groups=["tickets-db"],
            nat_gateways=[{"name": "tickets-nat-public-a", "zone": "ap-northeast-2a"}],
            connections=[{"id": "c", "name": "tickets-vpn", "inside_cidrs": ["169.254.11.0/30", "169.254.12.0/30"]}])
        plant.aws["machines"] = {"names": ["tickets-standby", *["tickets-app"] * 6], "vcpus": 14}
        plant.aws["databases"]["instances"] = {"tickets-db": {"engine": "mysql", "gib": 20}}
        plant.aws["balancers"] = {"names": ["tickets", "tickets-inner"], "target_groups": ["tickets-app", "tickets-edge"]}
        plant.aws["firewall"] = {"web_acls": ["tickets"], "ip_sets": ["tickets-checkers"]}
        plant.aws["log_policies"] = {"names": [*"abcdefghi", "AWSLogDeliveryWrite20150319"], "delivery": True}
        plant.aws["groups"] = plant.aws["templates"] = {"names": ["tickets"]}
        plant.aws["buckets"] = {"owned": 2, "wanted": {"tickets-latch": "mine", "tickets-backups": "mine"}}
        plant.aws["names"].update(health_checks=3, own_health_checks=3)
        plant.aws["quotas"]["limits"] = {
            "vpcs": 1, "internet_gateways": 1, "nat_gateways_per_zone": 1, "security_groups": 1, "addresses": 2, "vcpus": 14, "vpn_gateways": 1,
            "customer_gateways": 1, "vpn_connections": 1, "databases": 1, "database_gb": 20, "balancers": 2, "target_groups": 2,
            "scaling_groups": 1, "launch_templates": 1, "web_acls": 1, "ip_sets": 1, "health_checks": 3, "buckets": 2}
    assert [finding.told() for finding in found(built)] == []
