#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a GSLB of NHN Cloud DNS Plus with its pools and health checks."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_dns_plus_gslb
short_description: Make, change or remove a GSLB of NHN Cloud DNS Plus with its pools and health checks
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a GSLB, a name of the service's own that leads to pools of endpoints by their health, together with these pools and their checks.
  - A pool, and its health check, are called as the GSLB and the pool, joined by C(__). What is called so is taken for its own and goes with it; a
    pool that others have connected is disconnected, and not removed.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the GSLB, of letters, digits, C(-) and C(_) but without C(__), or its id.
    type: str
    required: true
  routing_rule:
    description: By what it chooses a pool. Required to make one.
    type: str
    choices: [FAILOVER, RANDOM, GEOLOCATION]
  ttl_seconds:
    description: How long resolvers may keep its answer, in seconds. Required to make one.
    type: int
  enabled:
    description: Whether it answers. One that is made without this option does.
    type: bool
  pools:
    description: The whole set of pools.
    type: list
    elements: dict
    suboptions:
      name:
        description: Its name, of letters, digits, C(-) and C(_) but without C(__).
        type: str
        required: true
      priority:
        description: Its position among the others, the lowest first. No two have the same.
        type: int
        required: true
      endpoints:
        description: Where it leads to.
        type: list
        elements: dict
        required: true
        suboptions:
          address:
            description: A name, or an IPv4 address that is not reserved.
            type: str
            required: true
          weight:
            description: Its weight among the others, 0 to 1.
            type: float
            default: 1.0
          enabled:
            description: Whether it is led to at all.
            type: bool
            default: true
      health_check:
        description: How endpoints are asked whether they are well. Without, nobody looks.
        type: dict
        suboptions:
          protocol:
            description: What is spoken. V(TCP) only connects.
            type: str
            choices: [HTTPS, HTTP, TCP]
            required: true
          port:
            description: Port that is asked.
            type: int
            required: true
          interval_seconds:
            description: How often, in seconds, up to 3600; 10 at least, and no less than all attempts may take.
            type: int
            default: 60
          timeout_seconds:
            description: How long an answer may take, in seconds, 1 to 10.
            type: int
            default: 5
          retries:
            description: Number of further attempts before an endpoint is ill, 0 to 5.
            type: int
            default: 2
          path:
            description: Path that is asked, not by V(TCP).
            type: str
            default: /
          expected_codes:
            description: Which status is well, C(x) standing for any digit. Redirects are not followed.
            type: str
            default: 2xx
          expected_body:
            description: Which body is well; any unless given.
            type: str
          headers:
            description: Headers that are sent, by name.
            type: dict
            default: {}
          verify_certificate:
            description: Whether the certificate of an endpoint has to be valid, by V(HTTPS).
            type: bool
            default: true
      regions:
        description: From where users are led to it, by V(GEOLOCATION).
        type: list
        elements: str
        default: []
        choices: [WESTERN_NORTH_AMERICA, EASTERN_NORTH_AMERICA, WESTERN_EUROPE, EASTERN_EUROPE, NORTHERN_SOUTH_AMERICA, SOUTHERN_SOUTH_AMERICA,
                  OCEANIA, MIDDLE_EAST, NORTHERN_AFRICA, SOUTHERN_AFRICA, INDIA, SOUTHEAST_ASIA, NORTHEAST_ASIA]
      enabled:
        description: Whether it is led to at all.
        type: bool
        default: true
notes:
  - The service is asked by an appkey, O(auth.dns_plus_appkey) or the project's integrated one in O(auth.appkey).
  - It has no check that is inverted and none that is calculated of others. To have one site stay left until somebody says otherwise, have the other
    site's pool come first, with a check that is well only once that site has taken over.
  - To which pools it leads is changed by one request, so users are led by the old set or by the new one.
"""

EXAMPLES = r"""
- name: Lead users to the primary while it answers and the standby has not taken over
  multicloud.dr.nhn_dns_plus_gslb:
    auth: '{{ nhn_auth }}'
    name: tickets
    routing_rule: FAILOVER
    ttl_seconds: 10
    pools:
      - name: taken-over
        priority: 1
        endpoints: [{address: tickets-1234.ap-northeast-2.elb.amazonaws.com}]
        health_check:
          protocol: HTTP
          port: 80
          interval_seconds: 10
          timeout_seconds: 3
          retries: 2
          path: /taken-over
          expected_codes: '200'
          expected_body: taken-over
          headers: {Host: tickets.example.com}
      - name: primary
        priority: 2
        endpoints: [{address: 203.0.113.10, weight: 0.5}, {address: 203.0.113.11, enabled: false}]
        health_check: {protocol: HTTPS, port: 443, path: /edgez, verify_certificate: false}
      - name: standby
        priority: 3
        endpoints: [{address: tickets-1234.ap-northeast-2.elb.amazonaws.com}]

- name: Lead by where users are, and to nobody for now
  multicloud.dr.nhn_dns_plus_gslb:
    auth: '{{ nhn_auth }}'
    name: pages
    routing_rule: GEOLOCATION
    ttl_seconds: 60
    enabled: false
    pools:
      - {name: asia, priority: 1, endpoints: [{address: asia.example.com}], regions: [NORTHEAST_ASIA, SOUTHEAST_ASIA]}
      - {name: rest, priority: 2, endpoints: [{address: rest.example.com}], enabled: false}

- name: Remove it with its pools and their health checks
  multicloud.dr.nhn_dns_plus_gslb:
    auth: '{{ nhn_auth }}'
    name: tickets
    state: absent
"""

RETURN = r"""
resource:
  description: The GSLB as it is now; in check mode as it would be.
  returned: success
  type: dict
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
    strays: {description: Pools and health checks of its own that nothing uses., type: list, elements: str, sample: []}
action: {description: 'What was done, or would be: V(none), V(create), V(update) or V(delete).', returned: success, type: str, sample: create}
diff:
  description: What differs, or would. Secrets are hidden.
  returned: success
  type: dict
  contains:
    before: {description: 'The resource as it was, with what RV(resource) holds; empty when there was none.', type: dict, sample: {}}
    after:
      description: The resource as it was to be, with what RV(resource) holds; empty when there was to be none.
      type: dict
      sample: {name: tickets}
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
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.dns_plus_gslb import Gslb
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run


def main() -> None:
    """Wiring only."""
    run(Gslb, names)


if __name__ == "__main__":
    main()
