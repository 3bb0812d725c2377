# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plain client of the emulator: what is sent is what a test says, what comes back is what it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from lab.nhn.app import serve_in_thread
from lab.nhn.store import PUBLIC_NETWORK, PUBLIC_SUBNET, Settings

NKS = {"OpenStack-API-Version": "container-infra latest"}
DEBIAN, WORKER = "5a8f9c0e-2c6b-4c52-9f6b-0d1f5b1c2e12", "1c868787-6207-4ff2-a1e7-ae1331d6829b"


@dataclass
class Reply:
    status: int
    body: Any
    headers: Any

    def __getitem__(self, key: str) -> Any:
        return self.body[key]


class Cloud:
    """An emulator with one client logged in. `auto_observe=False`: nothing gets built before a test reports it."""

    def __init__(self, auto_observe: bool = True, settings: Settings | None = None):
        self.url, self.store = serve_in_thread(auto_observe, settings)
        self.mine = self.store.settings.credentials
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["X-Auth-Token"] = self.log_in()["access"]["token"]["id"]
        self.session.headers.update({"X-TC-APP-KEY": self.mine.appkey, "X-TC-AUTHENTICATION-ID": self.mine.access_key_id,
                                     "X-TC-AUTHENTICATION-SECRET": self.mine.access_key_secret})

    def log_in(self, **other: str) -> Reply:
        given = {"username": self.mine.username, "password": self.mine.password, "tenantId": self.mine.tenant_id, **other}
        tenant = given.pop("tenantId")
        return self.send("POST", "/identity/v2.0/tokens", {"auth": {"tenantId": tenant, "passwordCredentials": given}})

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        answer = self.session.request(method, self.url + path, json=body, headers={key.replace("_", "-"): value for key, value in headers.items()})
        return Reply(answer.status_code, answer.json() if answer.content else None, answer.headers)

    def net(self, method: str, path: str, body: Any = None) -> Reply:
        return self.send(method, f"/network/v2.0{path}", body)

    def compute(self, method: str, path: str, body: Any = None) -> Reply:
        return self.send(method, f"/compute/v2/{self.mine.tenant_id}{path}", body)

    def nks(self, method: str, path: str, body: Any = None, header: bool = True) -> Reply:
        return self.send(method, f"/kubernetes/v1{path}", body, **(NKS if header else {}))

    def rds(self, method: str, path: str, body: Any = None) -> Reply:
        return self.send(method, f"/rds/v3.0{path}", body)

    def code(self, method: str, path: str, body: Any = None) -> int:
        """The result code of an RDS call."""
        return int(self.rds(method, path, body)["header"]["resultCode"])

    def world(self) -> Any:
        return self.send("GET", "/_lab/world").body

    def finish(self, reply: Reply) -> Reply:
        """Poll the job of an RDS answer until it is over."""
        for _ in range(10):
            job = self.rds("GET", f"/jobs/{reply['jobId']}")
            if job["jobStatus"] == "COMPLETED":
                return job
        raise AssertionError(f"the job does not end: {job.body}")

    def vpc(self, name: str = "main", cidr: str = "192.168.0.0/16") -> Any:
        return self.net("POST", "/vpcs", {"vpc": {"name": name, "cidrv4": cidr}})["vpc"]

    def subnet(self, vpc: Any, cidr: str = "192.168.0.0/24", name: str = "edge") -> Any:
        return self.net("POST", "/vpcsubnets", {"vpcsubnet": {"vpc_id": vpc["id"], "cidr": cidr, "name": name}})["vpcsubnet"]

    def table(self, vpc: Any, name: str = "own") -> Any:
        return self.net("POST", "/routingtables", {"routingtable": {"name": name, "vpc_id": vpc["id"]}})["routingtable"]

    def default_table(self) -> Any:
        return self.net("GET", "/routingtables?default_table=true")["routingtables"][0]

    def gateway(self, table: Any) -> Any:
        made = self.net("POST", "/internetgateways", {"internetgateway": {"name": "out", "external_network_id": PUBLIC_NETWORK}})["internetgateway"]
        assert self.net("PUT", f"/routingtables/{table['id']}/attach_gateway", {"gateway_id": made["id"]}).status == 200
        return made

    def port(self, subnet: Any, **fields: Any) -> Any:
        address = {"subnet_id": subnet["id"], **({"ip_address": fields.pop("address")} if "address" in fields else {})}
        return self.net("POST", "/ports", {"port": {"network_id": subnet["vpc_id"], "fixed_ips": [address], **fields}})["port"]

    def floating_ip(self, **fields: Any) -> Any:
        return self.net("POST", "/floatingips", {"floatingip": {"floating_network_id": PUBLIC_NETWORK, **fields}})["floatingip"]

    def keypair(self, name: str = "ops", known: bool = True) -> Any:
        """known: the Kubernetes service has heard of it."""
        made = self.compute("POST", "/os-keypairs", {"keypair": {"name": name}})["keypair"]
        self.store.keypairs[name]["_looks"] = 1 if known else 0
        return made

    def flavor(self) -> str:
        return str(self.compute("GET", "/flavors")["flavors"][0]["id"])

    def server_body(self, nics: list[dict[str, str]], **fields: Any) -> dict[str, Any]:
        disk = {"source_type": "image", "uuid": DEBIAN, "boot_index": 0, "destination_type": "volume", "volume_size": 20,
                "volume_type": "General SSD", "delete_on_termination": True}
        return {"server": {"name": "management", "flavorRef": self.flavor(), "key_name": "ops", "networks": nics,
                           "block_device_mapping_v2": [disk], **fields}}

    def cluster_body(self, subnet: Any, **fields: Any) -> dict[str, Any]:
        labels = {"availability_zone": "kr-pub-a", "node_image": WORKER, "boot_volume_type": "General SSD", "boot_volume_size": "50",
                  "cert_manager_api": "True", "clusterautoscale": "nodegroupfeature", "ca_enable": "False", "kube_tag": "v1.32.3",
                  "master_lb_floating_ip_enabled": "True", "external_network_id": PUBLIC_NETWORK, "external_subnet_id_list": PUBLIC_SUBNET}
        addons = [{"name": "calico", "version": "v3.28.2-nks1", "options": {"mode": "vxlan"}}, {"name": "coredns", "version": "1.8.4-nks1"}]
        return {"name": "tickets", "cluster_template_id": "iaas_console", "keypair": "ops", "node_count": 2, "flavor_id": self.flavor(),
                "fixed_network": subnet["vpc_id"], "fixed_subnet": subnet["id"], "create_timeout": 60, "labels": labels, "addons": addons, **fields}

    def database_body(self, subnet: Any, **fields: Any) -> dict[str, Any]:
        flavor = self.rds("GET", "/db-flavors")["dbFlavors"][0]["dbFlavorId"]
        group = self.rds("GET", "/parameter-groups?dbVersion=MYSQL_V8408")["parameterGroups"][0]["parameterGroupId"]
        return {"dbInstanceName": "tickets-db", "dbFlavorId": flavor, "dbVersion": "MYSQL_V8408", "dbPort": 3306, "dbUserName": "dbadmin",
                "dbPassword": "admin-password", "parameterGroupId": group, "network": {"subnetId": subnet["id"], "availabilityZone": "kr-pub-a"},
                "storage": {"storageType": "General SSD", "storageSize": 20},
                "backup": {"backupPeriod": 7, "backupSchedules": [{"backupWndBgnTime": "18:00:00", "backupWndDuration": "ONE_HOUR"}]}, **fields}

    def database(self, **fields: Any) -> str:
        """A built database in a VPC of its own: its id."""
        subnet = self.subnet(self.vpc(), "192.168.10.0/24", "app")
        job = self.finish(self.rds("POST", "/db-instances", self.database_body(subnet, **fields)))
        return str(job["resourceRelations"][0]["resourceId"])
