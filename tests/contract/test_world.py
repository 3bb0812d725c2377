# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What exists is found by name, what does not is None, and looking writes nothing."""

from __future__ import annotations

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.auth import NHN_AUTH
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.iaas import Iaas
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.rds import Rds
from ansible_collections.multicloud.dr.plugins.module_utils.world import aws as aws_world
from ansible_collections.multicloud.dr.plugins.module_utils.world import nhn as nhn_world

from tests.contract.aws_cloud import AwsCloud
from tests.contract.nhn_cloud import NhnCloud
from tests.contract.nhn_walk import DATABASE, NETWORK

NHN_NAMES = {"host": "host", "database": "database", "cluster": "tickets"}
AWS_NAMES = {"host": "tickets-standby", "database": "tickets-db", "load_balancer": "tickets", "vpn": "tickets-vpn",
             "inner_balancer": "tickets-inner", "group": "tickets"}


def seen(nhn: NhnCloud) -> dict:
    auth = {name: None for name in NHN_AUTH["auth"]["options"]} | {"region": "KR1"} | nhn.auth
    return nhn_world.look(Iaas(auth), Rds(auth), NHN_NAMES)


def test_an_empty_nhn_has_nothing_and_a_built_one_its_addresses(nhn):
    assert seen(nhn) == {"host": None, "database": None, "cluster": None}
    for kind, options in [*NETWORK, *DATABASE]:
        nhn.make(kind, **options)
    nhn.make("server", name="host", flavor="m2.c1m2", image="Debian 12 Bookworm", ports=["port"], keypair="keypair", zone="kr-pub-a",
             root_volume={"size_gb": 20})
    public = nhn.make("floating_ip", name="host", port="port")["address"]
    nhn.take_writes()
    found = seen(nhn)
    assert (found["host"]["private"], found["host"]["public"]) == ("192.168.0.10", public)
    assert found["database"]["port"] == 3306 and found["database"]["host"].endswith(".rds.nhncloudservice.com")
    assert found["cluster"] is None and nhn.take_writes() == []


def test_an_empty_aws_has_nothing_and_a_database_counts_once_it_is_available():
    with AwsCloud() as aws:
        assert aws_world.look(aws.client, AWS_NAMES) == {
            "host": None, "database": None, "load_balancer": None, "inner_balancer": None, "applications": [], "vpn": None}
        aws.client("rds").create_db_instance(DBInstanceIdentifier="tickets-db", DBInstanceClass="db.t3.medium", Engine="mysql",
                                             MasterUsername="admin", MasterUserPassword="a-password", AllocatedStorage=20)
        assert aws_world.look(aws.client, AWS_NAMES)["database"] is None
        aws.lab("PUT", "/_lab/observed", {"databases": {"tickets-db": {"status": "available", "address": "tickets-db.x.rds.amazonaws.com"}}})
        aws.take_writes()
        assert aws_world.look(aws.client, AWS_NAMES)["database"]["port"] == 3306
        assert aws.take_writes() == []
