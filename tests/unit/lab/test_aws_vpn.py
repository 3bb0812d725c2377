# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tunnel options as AWS refuses and completes them, and addresses that exist."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from moto.ec2.exceptions import EC2ClientError

from lab.aws.addresses import PoolExhausted, lowest_free
from lab.aws.observed import Observed
from lab.aws.parameter_groups import listed
from lab.aws.vpn import filled_tunnels
from lab.aws.vpn_configuration import configuration
from lab.aws.vpn_options import checked_tunnels
from lab.materialise.vpn_configuration import tunnels

POOL = ("198.51.100.200", "198.51.100.203")


def test_the_lowest_free_addresses_are_given():
    assert lowest_free(POOL, {"198.51.100.200"}, 2) == ["198.51.100.201", "198.51.100.202"]
    with pytest.raises(PoolExhausted, match="release an elastic IP"):
        lowest_free(POOL, {"198.51.100.200"}, 4)


def test_what_is_left_out_is_filled_in_and_given_options_are_kept():
    other = SimpleNamespace(tunnel_options=[{"OutsideIpAddress": "198.51.100.200", "TunnelInsideCidr": "169.254.64.0/30"}])
    first, second = filled_tunnels([{"PreSharedKey": "given.key", "TunnelInsideCidr": "169.254.11.0/30"}], [other])
    assert first == {"PreSharedKey": "given.key", "OutsideIpAddress": "198.51.100.201", "TunnelInsideCidr": "169.254.11.0/30"}
    assert (second["OutsideIpAddress"], second["TunnelInsideCidr"], len(second["PreSharedKey"])) == ("198.51.100.202", "169.254.64.4/30", 32)


def test_options_get_the_names_that_describing_uses():
    assert checked_tunnels([{"DPDTimeoutSeconds": 30, "IKEVersions": [{"Value": "ikev2"}]}]) == [
        {"DpdTimeoutSeconds": 30, "IkeVersions": [{"Value": "ikev2"}]}]


@pytest.mark.parametrize("options", [
    [{"TunnelInsideCidr": "10.0.0.0/30"}],
    [{"TunnelInsideCidr": "169.254.11.0/29"}],
    [{"TunnelInsideCidr": "169.254.5.0/30"}],                # kept by AWS
    [{"TunnelInsideCidr": "169.254.169.252/30"}],
    [{"Phase2LifetimeSeconds": 3601}],
    [{"TunnelInsideCidr": "169.254.11.0/30"}, {"TunnelInsideCidr": "169.254.11.0/30"}],
    [{"DPDTimeoutAction": "explode"}],
    [{"StartupAction": "never"}],
    [{"StartupAction": "start", "IKEVersions": [{"Value": "ikev1"}]}],     # AWS starts IKEv2 only
    [{"IKEVersions": [{"Value": "ikev9"}]}],
    [{"Phase1EncryptionAlgorithms": [{"Value": "ROT13"}]}],
    [{"Phase2IntegrityAlgorithms": [{"Value": "MD5"}]}],
    [{"Phase1DHGroupNumbers": [{"Value": 5}]}],                             # for packets only
    [{"Phase1LifetimeSeconds": 900, "Phase2LifetimeSeconds": 3600}],
    [{"RekeyMarginTimeSeconds": 5}],
    [{"RekeyMarginTimeSeconds": 1801}],
    [{"PreSharedKey": "short"}],
    [{"PreSharedKey": "0beginswithzero"}],
    [{"PreSharedKey": "with spaces in it"}],
    [{}, {}, {}],
])
def test_aws_refuses(options):
    with pytest.raises(EC2ClientError):
        checked_tunnels(options)


def test_aws_takes_what_its_pages_list():
    taken = {"Phase2DHGroupNumbers": [{"Value": 5}], "RekeyMarginTimeSeconds": 1800, "DpdTimeoutAction": "none", "StartupAction": "start"}
    assert checked_tunnels([taken]) == [taken]


def test_parameters_are_the_engines_with_the_callers_over_them():
    rows = {row["ParameterName"]: row for row in listed({"binlog_format": {"ParameterValue": "ROW"}}, None)}
    assert (rows["binlog_format"]["Source"], rows["binlog_format"]["ParameterValue"]) == ("user", "ROW")
    assert rows["sync_binlog"]["Source"] == "engine-default" and "ParameterValue" not in rows["wait_timeout"]
    assert [row["ParameterName"] for row in listed({"binlog_format": {"ParameterValue": "ROW"}}, "user")] == ["binlog_format"]


def test_a_report_adds_to_what_is_known_and_nonsense_is_refused():
    observed = Observed()
    observed.report({"instances": {"i-1": "running"}})
    observed.report({"instances": {"i-2": "running"}, "databases": {}})
    assert (observed.get("instances", "i-1"), observed.get("instances", "i-3", "unseen")) == ("running", "unseen")
    with pytest.raises(ValueError, match="instance, targets: expected mappings"):
        observed.report({"instance": {}, "targets": []})


@pytest.mark.parametrize(("options", "told"), [
    ({}, (0, False, False)),
    ({"IkeVersions": [{"Value": "ikev2"}], "StartupAction": "start", "DpdTimeoutAction": "restart"}, (2, True, True)),
    ({"IkeVersions": [{"Value": "ikev1"}], "StartupAction": "add", "DpdTimeoutAction": "none"}, (1, False, False)),
    ({"IkeVersions": [{"Value": "ikev1"}, {"Value": "ikev2"}]}, (0, False, False)),
])
def test_the_clouds_end_speaks_and_starts_as_its_options_say(options, told):
    given = [{"OutsideIpAddress": f"198.51.100.20{last}", "TunnelInsideCidr": f"169.254.1{last}.0/30", "PreSharedKey": "given.key", **more}
             for last, more in ((0, options), (1, {}))]
    document = configuration(given, connection_id="vpn-1", customer_gateway_id="cgw-1", vpn_gateway_id="vgw-1", customer_outside="198.51.100.100",
                             static=True)
    first, second = tunnels("vpn-1", document, given)
    assert ((first.version, first.starts, first.restarts), (second.version, second.starts)) == (told, (0, False))
