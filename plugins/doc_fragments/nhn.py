# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all nhn_* modules have in common: the log-in, the state, how they behave."""

from __future__ import annotations


class ModuleDocFragment:
    """Read by ansible-doc; mirrors plugins/module_utils/nhn/auth.py."""

    DOCUMENTATION = r"""
options:
  auth:
    description:
      - How to reach NHN Cloud, and as whom.
      - Network, compute, block storage, image and Kubernetes need O(auth.tenant_id), O(auth.username) and O(auth.password);
        Object Storage needs the last two and O(auth.object_tenant_id);
        RDS and the registry need an appkey, O(auth.access_key_id) and O(auth.access_key_secret);
        DNS Plus needs an appkey, and the latter two with O(auth.dns_plus_version=v2.0).
    type: dict
    required: true
    suboptions:
      identity_url:
        description: The identity service, version 2.0. One address serves every region.
        type: str
        default: https://api-identity-infrastructure.nhncloudservice.com/v2.0
      region:
        description: The region, in upper case.
        type: str
        default: KR1
      tenant_id:
        description: The project (tenant) id, from the console's API endpoint settings.
        type: str
      object_tenant_id:
        description: The tenant id of Object Storage, which differs from the others; from its own API endpoint settings.
        type: str
      username:
        description: The NHN Cloud id (an e-mail address) or IAM account id.
        type: str
      password:
        description: The API password set in the console. It is not the log-in password.
        type: str
      appkey:
        description: The appkey of RDS for MySQL, or the project's integrated appkey.
        type: str
      registry_appkey:
        description: The appkey of the container registry (NCR), when O(auth.appkey) is not the project's integrated one.
        type: str
      dns_plus_appkey:
        description: The appkey of DNS Plus, when O(auth.appkey) is not the project's integrated one.
        type: str
      access_key_id:
        description: The id of a User Access Key.
        type: str
      access_key_secret:
        description: The secret of that key.
        type: str
      rds_version:
        description:
          - Which version of the API of RDS for MySQL is spoken. V(v3.0) sends the access key itself with every request;
            V(v4.0) exchanges it for a token, and knows a few properties more.
        type: str
        choices: [v3.0, v4.0]
        default: v3.0
      dns_plus_version:
        description:
          - Which version of the API of DNS Plus is spoken. V(v1.0) is let in by the appkey alone; V(v2.0) wants a token of the access key as well.
        type: str
        choices: [v1.0, v2.0]
        default: v1.0
      oauth_url:
        description: Where an access key is exchanged for a token. One address serves every region.
        type: str
        default: https://oauth.api.nhncloudservice.com
      network_url:
        description: The network service, when it is not where the catalog of the log-in says.
        type: str
      compute_url:
        description: The compute service, when it is not where the catalog of the log-in says.
        type: str
      volume_url:
        description: Block storage, when it is not where the catalog of the log-in says.
        type: str
      image_url:
        description: The image service, when it is not where the catalog of the log-in says.
        type: str
      kubernetes_url:
        description: The Kubernetes service, when it is not where the catalog of the log-in says.
        type: str
      rds_url:
        description: RDS for MySQL, when it is not at the region's own address.
        type: str
      registry_url:
        description: The API of the container registry, when it is not at the region's own address.
        type: str
      dns_plus_url:
        description: DNS Plus, when it is not at its own address, which serves every region.
        type: str
      objects_url:
        description: Object Storage, when it is not where the catalog of its own tenant says.
        type: str
attributes:
  check_mode:
    description: Predicts without writing. A parent that does not exist yet is told in RV(ignore:needs) instead of failing.
    support: full
  diff_mode:
    description: Always returns the difference.
    support: full
notes:
  - A second run with the same options sends no request that writes.
  - A write whose reply was lost is followed by a look, so that nothing is built twice.
  - Where the service gives ids, an id is taken wherever a name is, in O(ignore:name) too, and means the thing of that id before any that is
    called so. Of a name that several have nothing is kept or removed before one is named by id. An id that nothing has is refused and never
    the name of something new.
requirements:
  - requests
"""

    STATE = r"""
options:
  state:
    description: Whether it should exist.
    type: str
    choices: [present, absent]
    default: present
"""

    NODES = r"""
options:
  autoscaler:
    description:
      - The autoscaler of the worker group; of the first one, where a cluster is kept. What is left out stays as it is.
      - While it is on, the number of nodes is its affair and O(node_count) is where it begins; the service takes no other number then.
    type: dict
    suboptions:
      enabled:
        description: Whether it is on. It is off in a group that is made without this option.
        type: bool
        default: true
      min_nodes:
        description: The fewest nodes it leaves, 1 to 10. The service begins with 1.
        type: int
      max_nodes:
        description: The most nodes it makes, 1 to 10. The service begins with 10.
        type: int
      scale_down:
        description: Whether it also removes nodes. The service begins with V(true).
        type: bool
      scale_down_threshold_percent:
        description: Which use of its resources makes a node superfluous, in percent, 1 to 100. The service begins with 50.
        type: int
      scale_down_after_minutes:
        description: How long a node must have been superfluous, in minutes, 1 to 1440. The service begins with 10.
        type: int
      scale_down_delay_minutes:
        description: How long nothing is removed after a node was added, in minutes, 10 to 1440. The service begins with 10.
        type: int
      pods:
        description: How many pods of the autoscaler itself run. The service begins with 1.
        type: int
  zone:
    description: Availability zone of the nodes.
    type: str
  image:
    description: Name or id of the nodes' image, or how its name begins (then the newest).
    type: str
  volume_type:
    description: Type of the nodes' volumes.
    type: str
    default: General SSD
  volume_gb:
    description: Size of the nodes' volumes in gigabytes.
    type: int
    default: 50
"""
