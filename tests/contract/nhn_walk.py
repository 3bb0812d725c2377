# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of the walk that every nhn_* module takes: make, again, alter, again, drop, again, each in check mode first.

To add a module nhn_X, add a row X to WALK: options that make it, those that alter it ({} when nothing can change), those that must be
refused because they are decided at birth ({} when there are none). What it lives in goes into NETWORK, HOST, DATABASE or CLUSTER, made in that order.
A module that only looks goes into LOOK_AT, with what it looks at by name, one that does more than keep one thing into ACTS, and one whose call
that changes nothing needs more than three requests into MORE_REQUESTS, with the reason; docs/nhn.md has the same table.
Then add where it is made to MAKES of test_nhn_modules_unkind.py, for the lost reply.
"""

from __future__ import annotations

import os
import tempfile
from typing import Any

S3_FILE = os.path.join(tempfile.gettempdir(), f"nhn-walk-{os.getpid()}", "credentials")     # written by the walk, and gone after it
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBcd8z1bTnXyTqZ0xXqJ6s0i8mB4kq3J8mI3yT0aVb1c someone"
NETWORK: list[tuple[str, dict[str, Any]]] = [
    ("vpc", {"name": "vpc", "cidr": "192.168.0.0/16"}),
    ("subnet", {"name": "edge", "vpc": "vpc", "cidr": "192.168.0.0/24"}),
    ("subnet", {"name": "app", "vpc": "vpc", "cidr": "192.168.10.0/24"}),
    ("internet_gateway", {"name": "igw"}),
    ("internet_gateway", {"name": "spare"}),
    ("routing_table", {"name": "edge", "vpc": "vpc", "default": True, "gateway": "igw"}),
    ("routing_table", {"name": "app", "vpc": "vpc", "subnets": ["app"]}),
    ("security_group", {"name": "group"}),
    ("port", {"name": "port", "vpc": "vpc", "subnet": "edge", "address": "192.168.0.10"}),
    ("keypair", {"name": "keypair", "public_key": KEY}),
]
HOST: list[tuple[str, dict[str, Any]]] = [
    ("floating_ip", {"name": "free"}),
    ("port", {"name": "other", "vpc": "vpc", "subnet": "app"}),
    ("server", {"name": "host", "flavor": "m2.c1m2", "image": "Debian 12 Bookworm", "ports": ["other"], "keypair": "keypair", "zone": "kr-pub-a"}),
    ("volume", {"name": "data", "size_gb": 10, "zone": "kr-pub-a", "server": "host"}),
]
DATABASE: list[tuple[str, dict[str, Any]]] = [
    ("rds_security_group", {"name": "database", "rules": [{"cidr": "192.168.0.0/16"}]}),
    ("rds_parameter_group", {"name": "database", "version": "MYSQL_V8408"}),
    ("rds_instance", {"name": "database", "version": "MYSQL_V8408", "flavor": "m2.c2m4", "port": 3306, "admin_user": "operator",
                      "admin_password": "CANARY-51", "parameter_group": "database", "security_groups": ["database"], "subnet": "app",
                      "zone": "kr-pub-a", "storage_type": "General SSD", "storage_gb": 20, "backup": {"days": 1}}),
    ("object_container", {"name": "exports"}),
]
CLUSTER: list[tuple[str, dict[str, Any]]] = [
    ("kubernetes_cluster", {"name": "cluster", "version": "v1.32.3", "keypair": "keypair", "vpc": "vpc", "subnet": "edge", "flavor": "m2.c2m4",
                            "node_count": 1, "zone": "kr-pub-a", "image": "Debian 12 Container"}),
]
WORLD = NETWORK + HOST + DATABASE + CLUSTER
# kind: (options that make it, what to alter, what cannot be altered)
WALK: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "vpc": ({"name": "w", "cidr": "10.1.0.0/16"}, {"cidr": "10.2.0.0/16"}, {}),
    "subnet": ({"name": "w", "vpc": "vpc", "cidr": "192.168.77.0/24"}, {}, {"cidr": "192.168.78.0/24"}),
    "internet_gateway": ({"name": "w"}, {}, {"external_network": "another"}),
    "routing_table": ({"name": "w", "vpc": "vpc", "subnets": ["app"], "gateway": "spare"}, {"subnets": [], "distributed": False}, {}),
    "route": ({"vpc": "vpc", "routing_table": "app", "cidr": "10.9.0.0/16", "gateway": "192.168.0.10"}, {"description": "to the other site"}, {}),
    "security_group": (
        {"name": "w", "rules": [{"protocol": "tcp", "port_min": 22, "remote_cidr": "10.0.0.0/8"}, {"remote_group": "w"}, {"direction": "egress"}]},
        {"rules": [{"direction": "egress", "remote_cidr": "0.0.0.0/0"}, {"protocol": "UDP", "port_min": 500, "port_max": 500}], "description": "new"},
        {},
    ),
    "port": (
        {"name": "w", "vpc": "vpc", "subnet": "edge", "address": "192.168.0.77", "security_groups": ["group"], "allowed_addresses": ["10.0.0.0/16"]},
        {"security_groups": [], "allowed_addresses": [], "port_security": False},
        {"address": "192.168.0.78"},
    ),
    "keypair": ({"name": "w", "public_key": f"{KEY} a comment"}, {}, {"public_key": OTHER_KEY}),
    "server": (
        {"name": "w", "flavor": "m2.c1m2", "image": "Debian 12 Bookworm", "ports": ["port"], "keypair": "keypair", "zone": "kr-pub-a",
         "user_data": "#!/bin/sh", "root_volume": {"size_gb": 20}},
        {},
        {"zone": "kr-pub-b"},
    ),
    "floating_ip": ({"name": "w", "port": "port"}, {"port": "", "delete_protection": False}, {}),
    "nat_gateway": (
        {"name": "w", "vpc": "vpc", "subnet": "edge", "floating_ip": "free"},
        {"description": "the way out"},
        {"subnet": "app"},
    ),
    "volume": (
        {"name": "w", "size_gb": 20, "type": "General SSD", "zone": "kr-pub-a"},
        {"server": "host"},
        {"size_gb": 30},
    ),
    "volume_snapshot": ({"name": "w", "volume": "data", "while_attached": True}, {}, {}),
    "load_balancer": (
        {"name": "w", "vpc": "vpc", "subnet": "app", "listeners": [
            {"port": 80, "protocol": "HTTP", "monitor": {"type": "HTTP", "path": "/healthz"},
             "members": [{"address": "192.168.10.21", "port": 8080}, {"address": "192.168.10.22", "port": 8080}]},
            {"port": 443, "protocol": "TCP", "members": [{"address": "192.168.10.21", "port": 8443}]}]},
        {"description": "new", "listeners": [
            {"port": 80, "protocol": "HTTP", "algorithm": "SOURCE_IP", "monitor": {"type": "TCP"},
             "members": [{"address": "192.168.10.22", "port": 8080, "weight": 3}, {"address": "192.168.0.23", "port": 8080, "subnet": "edge"}]},
            {"port": 8443, "protocol": "TCP"}]},
        {"type": "dedicated"},
    ),
    "rds_security_group": (
        {"name": "w", "rules": [{"cidr": "192.168.0.0/16"}, {"direction": "egress", "cidr": "10.0.0.0/16", "port_min": 3306}]},
        {"rules": [{"cidr": "10.0.0.0/16"}, {"direction": "egress", "cidr": "10.0.0.0/16", "port_min": 3306}], "description": "new"},
        {},
    ),
    "rds_parameter_group": (
        {"name": "w", "version": "MYSQL_V8408", "parameters": {"log_bin_trust_function_creators": 1, "binlog_row_image": "FULL"}},
        {"parameters": {"log_bin_trust_function_creators": 0}},
        {"version": "MYSQL_V8045"},
    ),
    "rds_instance": (
        {**DATABASE[2][1], "name": "w"},
        {"storage_gb": 40, "backup": {"days": 7, "start": "03:30:00", "duration": "TWO_HOURS", "retries": 2, "lock_wait_seconds": 600,
                                      "lock": False, "replication_region": "KR2"},
         "high_availability": True, "ping_interval_seconds": 5, "public_access": True, "description": "new"},
        {"port": 3307},
    ),
    "rds_user": ({"instance": "database", "name": "w", "authority": "READ", "password": "CANARY-52"}, {"authority": "CRUD", "tls": "SSL"},
                 {}),
    "rds_backup": ({"instance": "database", "name": "w"}, {"export": {"container": "exports", "path": "w/files"}}, {}),
    "object_container": ({"name": "w", "storage_policy": "Standard"}, {"lifecycle_days": 30}, {"storage_policy": "Economy"}),
    "registry": (
        {"name": "walk", "scan_on_push": True, "cve_allowlist": ["CVE-2011-3374", "CVE-2019-1010022"]},
        {"scan_on_push": False, "block_vulnerable": True, "severity": "critical"},
        {},
    ),
    "dns_plus": (
        {"name": "walk.example.com", "records": [{"name": "www.walk.example.com", "type": "A", "values": ["203.0.113.10", "203.0.113.11"]},
                                                 {"name": "walk.example.com.", "type": "TXT", "values": ["v=spf1 -all"]},
                                                 {"name": "shop.walk.example.com", "type": "CNAME", "state": "absent"}]},
        {"description": "new", "records": [{"name": "www.walk.example.com", "type": "A", "ttl_seconds": 10, "values": ["203.0.113.11"]},
                                           {"name": "shop.walk.example.com", "type": "CNAME", "values": ["other.example.com"]},
                                           {"name": "walk.example.com", "type": "TXT", "state": "absent"}]},
        {},
    ),
    "dns_plus_gslb": (
        {"name": "w", "routing_rule": "FAILOVER", "ttl_seconds": 10, "pools": [
            {"name": "primary", "priority": 2, "endpoints": [{"address": "203.0.113.10"}, {"address": "www.example.com", "weight": 0.5}],
             "health_check": {"protocol": "HTTPS", "port": 443, "path": "/edgez", "interval_seconds": 10, "timeout_seconds": 3,
                              "expected_body": "yes", "headers": {"Host": "www.example.com"}, "verify_certificate": False}},
            {"name": "standby", "priority": 3, "endpoints": [{"address": "standby.example.com"}]}]},
        {"enabled": False, "routing_rule": "GEOLOCATION", "pools": [
            {"name": "primary", "priority": 3, "endpoints": [{"address": "203.0.113.10", "enabled": False}, {"address": "203.0.113.12"}],
             "health_check": {"protocol": "TCP", "port": 443}, "regions": ["SOUTHEAST_ASIA", "NORTHEAST_ASIA"]},
            {"name": "another", "priority": 1, "endpoints": [{"address": "203.0.113.13"}], "enabled": False}]},
        {},
    ),
    "s3_credential": ({"credentials_file": S3_FILE, "own": True}, {}, {}),
    "rds_schema": ({"instance": "database", "name": "w"}, {}, {}),
    "kubernetes_cluster": (
        {"name": "walk", "version": "v1.32.3", "keypair": "keypair", "vpc": "vpc", "subnet": "edge", "flavor": "m2.c2m4", "node_count": 1,
         "zone": "kr-pub-a", "image": "Debian 12 Container"},
        {"autoscaler": {"min_nodes": 1, "max_nodes": 3}, "addons": [{"name": "coredns", "version": "1.8.4-nks2", "resolve_conflicts": "preserve"},
                                                                    {"name": "metrics_server", "version": "v0.4.4-nks2"}],
         "api_allowed_cidrs": ["198.51.100.7", "10.0.0.0/16"]},
        {"version": "v1.31.4"},
    ),
    "kubernetes_node_group": (
        {"name": "walk", "cluster": "cluster", "flavor": "m2.c2m4", "node_count": 2, "zone": "kr-pub-b", "image": "Debian 12 Container",
         "autoscaler": {"enabled": False, "max_nodes": 5}},
        {"node_count": 1, "flavor": "m2.c4m8", "autoscaler": {"min_nodes": 1, "max_nodes": 3, "scale_down_after_minutes": 20}},
        {},
    ),
}
# Only looking: no walk. kind: how it looks at one thing of WORLD or of TO_LOOK_AT.
TO_LOOK_AT = ["load_balancer", "registry", "dns_plus", "dns_plus_gslb", "volume_snapshot", "rds_backup", "s3_credential"]
LOOK_AT: dict[str, dict[str, Any]] = {
    "kubernetes_config": {"name": "cluster"}, "kubernetes_cluster_info": {"name": "cluster"}, "flavor_info": {"name": "m2.c1m2"},
    "image_info": {}, "subnet_info": {"name": "edge", "vpc": "vpc"}, "volume_snapshot_info": {"volume": "data"},
    "rds_instance_info": {"name": "database"}, "rds_backup_info": {"instance": "database"}, "rds_metric_info": {"instance": "database"},
    "vpc_info": {"name": "vpc"}, "server_info": {"name": "host"}, "floating_ip_info": {"name": "free"}, "security_group_info": {"name": "group"},
    "load_balancer_info": {"name": "w"}, "registry_info": {"name": "walk"}, "object_container_info": {"name": "exports"},
    "s3_credential_info": {}, "dns_plus_info": {"name": "walk.example.com"}, "dns_plus_gslb_info": {"name": "w"},
}
LOOKS = set(LOOK_AT)
# Neither keeps one thing nor only looks: no walk, but tests of its own.
ACTS = {"volume_snapshot_rotation"}
# A call that changes nothing sends at most this many requests beyond the log-in; what needs more says how many, and why.
REQUESTS = 3
MORE_REQUESTS = {
    "kubernetes_cluster": 7,    # cluster, its workers, subnets, flavors; its autoscaler, addons and allowed addresses when they are asked for
    "rds_instance": 9,          # instances; itself, storage, backup, network, group; flavors, parameter groups and DB security groups by name
    "load_balancer": 7,         # balancers, subnets, listeners, pools, monitors, the members of each of two pools
    "rds_instance_info": 6,     # instances; itself, storage, backup, network, group
    "load_balancer_info": 7,    # as the module that keeps it
}
