#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Look up GSLBs of NHN Cloud DNS Plus, and what their health checks see."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_dns_plus_gslb_info
short_description: Look up GSLBs of NHN Cloud DNS Plus, and what their health checks see
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Tells the GSLBs of the appkey with their pools, how these are, and which of them users are led to.
  - A name that nothing has is an empty list. Nothing is ever changed.
extends_documentation_fragment:
  - multicloud.dr.nhn
options:
  name:
    description: Name or id; every GSLB unless given.
    type: str
"""

EXAMPLES = r"""
- name: Where users are led
  multicloud.dr.nhn_dns_plus_gslb_info:
    auth: '{{ nhn_auth }}'
    name: tickets
  register: found
"""

RETURN = r"""
resources:
  description: What was found, in order of name.
  returned: success
  type: list
  elements: dict
  contains:
    id: {description: Its id., type: str, sample: 91de0c6f-aeaa-44ec-b361-822acfcd5921}
    name: {description: Its name., type: str, sample: tickets}
    domain: {description: The name that leads on; a CNAME of yours points to it., type: str, sample: rgpac3e7q9onlipdfg.toastgslb.com}
    routing_rule: {description: By what it chooses., type: str, sample: FAILOVER}
    ttl_seconds: {description: 'How long resolvers may keep its answer, in seconds.', type: int, sample: 10}
    enabled: {description: Whether it answers., type: bool, sample: true}
    pools:
      description: Where it leads to, by priority.
      type: list
      elements: dict
      contains:
        name: {description: Its name., type: str, sample: primary}
        priority: {description: 'Its position among the pools, the lowest first.', type: int, sample: 2}
        enabled: {description: Whether it is led to at all., type: bool, sample: true}
        regions: {description: 'Regions that it serves, by GEOLOCATION.', type: list, elements: str, sample: [NORTHEAST_ASIA]}
        endpoints:
          description: Where it leads to, by address.
          type: list
          elements: dict
          contains:
            address: {description: Name or address., type: str, sample: 203.0.113.10}
            weight: {description: 'Its weight among the others, 0 to 1.', type: float, sample: 1.0}
            enabled: {description: Whether it is led to at all., type: bool, sample: true}
            healthy: {description: 'Whether it is seen to answer, V(null) when nobody has looked.', type: bool, sample: true}
            reason: {description: 'What was seen last, in the words of the service, V(null) when nobody has looked.', type: str, sample: No failures}
        health_check:
          description: How endpoints are asked, V(null) when nobody looks. What the protocol does not know is V(null).
          type: dict
          contains:
            protocol: {description: 'V(HTTPS), V(HTTP) or V(TCP).', type: str, sample: HTTP}
            port: {description: Port that is asked., type: int, sample: 80}
            interval_seconds: {description: 'How often, in seconds.', type: int, sample: 10}
            timeout_seconds: {description: 'How long an answer may take, in seconds.', type: int, sample: 3}
            retries: {description: Number of further attempts before it is ill., type: int, sample: 2}
            path: {description: Path that is asked., type: str, sample: /edgez}
            expected_codes: {description: Status that is well., type: str, sample: 2xx}
            expected_body: {description: 'Body that is well, V(null) for any.', type: str, sample: taken-over}
            headers: {description: Headers that are sent., type: dict, sample: {Host: tickets.example.com}}
            verify_certificate: {description: Whether the certificate has to be valid., type: bool, sample: true}
        healthy: {description: 'Whether it is seen to answer, V(null) when nobody has looked.', type: bool, sample: true}
    healthy: {description: 'Whether one of its pools is seen to answer, V(null) when nobody has looked.', type: bool, sample: true}
    leads_to:
      description:
        - The pool that users are led to by V(FAILOVER), the first that is enabled and not seen to be ill.
        - V(null) when there is none, and by other rules.
      type: str
      sample: primary
failure:
  description: What C(msg) says, for a machine.
  returned: failure
  type: dict
  contains:
    kind: {description: What kind of failure it is., type: str, sample: Refused}
    doing: {description: What could not be done., type: str, sample: create zone}
    to: {description: To what., type: str, sample: example.com.}
    left: {description: What is left., type: str, sample: This request changed nothing.}
    next: {description: What to do., type: str, sample: 'Remove one, or ask for more.'}
    answer:
      description: What the service answered, V(null) when it was not asked or did not answer.
      type: dict
      contains:
        who: {description: Who answered., type: str, sample: NHN Cloud}
        status: {description: 'Number of the HTTP status, V(null) when there was none.', type: int, sample: 200}
        code: {description: The service's own code., type: str, sample: '4010001'}
        words: {description: 'Its words, as they are.', type: str, sample: Invalid appKey.}
        request: {description: What to tell its support of this request., type: str, sample: req-1f2e}
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.dns_plus import names
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.dns_plus_gslb import gslbs
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import tell
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.lookup import NAME


def main() -> None:
    """Wiring only."""
    tell(NAME, gslbs, names)


if __name__ == "__main__":
    main()
