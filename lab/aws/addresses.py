# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Public addresses that exist: instances and elastic IPs get the lowest free one of the lab's range instead of a random number. A NAT
gateway that is deleted lets its elastic IP go and takes its interface with it ("Delete a NAT gateway" in the VPC User Guide), and an instance that is
ended lets its elastic IP go ("Elastic IP addresses" in the EC2 User Guide); moto keeps them. What DescribeTags calls the type of an elastic IP is
CreateTags' own word for it."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Any

from moto.ec2.models.elastic_ip_addresses import ElasticAddress
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance, InstanceState
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE

from lab import world
from lab.aws.extend import graft


class PoolExhausted(RuntimeError):
    """The lab's range has no address left."""


def lowest_free(pool: tuple[str, str], used: Collection[str], count: int = 1) -> list[str]:
    """The `count` lowest addresses of an inclusive range that nobody uses. Raises PoolExhausted."""
    first, last = (int(ipaddress.ip_address(end)) for end in pool)
    free = [address for number in range(first, last + 1) if (address := str(ipaddress.ip_address(number))) not in used]
    if len(free) < count:
        raise PoolExhausted(f"no free address in {pool[0]}-{pool[1]}: release an elastic IP or terminate an instance")
    return free[:count]


def in_use(ec2: Any) -> set[str]:
    """Public addresses taken by elastic IPs and by instances that still exist."""
    elastic = {address.public_ip for address in ec2.addresses}
    automatic = {nic.public_ip for nic in ec2.enis.values() if nic.public_ip and not _gone(nic)}
    return elastic | automatic


def _gone(nic: NetworkInterface) -> bool:
    return nic.instance is not None and nic.instance.state in ("terminated", "shutting-down")


_moto_elastic_init = ElasticAddress.__init__


class _ElasticAddress:
    def __init__(self: Any, ec2_backend: Any, domain: str, address: str | None = None, tags: dict[str, str] | None = None) -> None:
        _moto_elastic_init(self, ec2_backend, domain, address or lowest_free(world.AWS_PUBLIC, in_use(ec2_backend))[0], tags)


class _NetworkInterface:
    def check_auto_public_ip(self: Any) -> None:
        if str(self.public_ip_auto_assign).lower() == "true" and not self.public_ip:
            self.public_ip = lowest_free(world.AWS_PUBLIC, in_use(self.ec2_backend))[0]


_moto_delete_nat_gateway = NatGatewayBackend.delete_nat_gateway


class _NatGatewayBackend:
    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> NatGateway:
        gone = _moto_delete_nat_gateway(self, nat_gateway_id)
        for address in self.addresses:
            if address.eni is gone._eni:
                address.eni = address.association_id = None
        self.enis.pop(gone._eni.id, None)
        return gone


_moto_terminate = Instance.terminate


class _Instance:
    def terminate(self: Any) -> InstanceState:
        before = _moto_terminate(self)
        for address in self.ec2_backend.addresses:
            if address.instance is self:
                address.instance = address.eni = address.association_id = None
        return before


def install() -> None:
    """Put them in place of moto's."""
    graft(ElasticAddress, _ElasticAddress)
    graft(NetworkInterface, _NetworkInterface)
    graft(NatGatewayBackend, _NatGatewayBackend)
    graft(Instance, _Instance)
    EC2_PREFIX_TO_RESOURCE["eipalloc"] = "elastic-ip"
