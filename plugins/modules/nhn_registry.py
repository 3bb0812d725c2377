#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Make, change or remove a container registry of NHN Cloud."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_registry
short_description: Make, change or remove a container registry of NHN Cloud
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a registry of NHN Container Registry (NCR) by name. One that holds images is not removed.
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  name:
    description: Name of the registry.
    type: str
    required: true
  scan_on_push:
    description: Whether images are scanned for vulnerabilities when they are pushed.
    type: bool
  block_vulnerable:
    description: Whether images with vulnerabilities of O(severity) or worse cannot be pulled.
    type: bool
  severity:
    description: From which severity on images are blocked.
    type: str
    choices: [critical, high, medium, low, none]
  system_cve_allowlist:
    description: Whether the vulnerabilities that all registries allow are allowed here.
    type: bool
  cve_allowlist:
    description: The whole set of vulnerabilities that are allowed, by their CVE names; an empty list allows none.
    type: list
    elements: str
  require_signature:
    description: Whether images without a cosign signature cannot be pulled.
    type: bool
notes:
  - The registry is asked by an appkey, O(auth.registry_appkey) or the project's integrated one in O(auth.appkey).
  - To log in with a container tool, the user is the User Access Key and the password its secret.
  - Image caches, retention, protection of tags, webhooks and replication are not handled.
  - What an error's code means is not published; the service's own words are quoted.
"""

EXAMPLES = r"""
- name: Where the application's images are pushed
  multicloud.dr.nhn_registry:
    auth: '{{ nhn_auth }}'
    name: tickets
    scan_on_push: true
    block_vulnerable: true
    severity: critical
    cve_allowlist: [CVE-2011-3374]

- name: Only what is signed is pulled, whatever all registries allow
  multicloud.dr.nhn_registry:
    auth: '{{ nhn_auth }}'
    name: tickets
    system_cve_allowlist: false
    require_signature: true

- name: Remove it
  multicloud.dr.nhn_registry:
    auth: '{{ nhn_auth }}'
    name: tickets
    state: absent
"""

RETURN = r"""
resource:
  description: The registry as it is now; in check mode as it would be.
  returned: success
  type: dict
  contains:
    cve_allowlist: {description: Weaknesses that do not count., type: list, elements: str, sample: [CVE-2011-3374]}
    name: {description: Its name., type: str, sample: tickets}
    scan_on_push: {description: Whether images are looked through as they come., type: bool, sample: true}
    block_vulnerable: {description: Whether images with weaknesses cannot be fetched., type: bool, sample: true}
    bytes: {description: 'What it holds, in bytes.', type: int, sample: 57464288}
    id: {description: Its id., type: str, sample: '2'}
    images: {description: Number of repositories in it., type: int, sample: 2}
    private_uri: {description: Where images go from inside a VPC., type: str, sample: private-63ae9964-kr1-registry.container.nhncloud.com/tickets}
    require_signature: {description: Whether images must be signed., type: bool, sample: false}
    severity: {description: 'From which severity on weaknesses count, V(null) when they do not.', type: str, sample: critical}
    system_cve_allowlist: {description: Whether the service's own list of weaknesses that do not count is used., type: bool, sample: false}
    uri: {description: Where images go., type: str, sample: 63ae9964-kr1-registry.container.nhncloud.com/tickets}
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
    doing: {description: What could not be done., type: str, sample: create vpc}
    to: {description: To what., type: str, sample: tickets-vpc}
    left: {description: What is left., type: str, sample: This request changed nothing.}
    next: {description: What to do., type: str, sample: 'Remove one, or ask for more.'}
    answer:
      description: What the service answered, V(null) when it was not asked or did not answer.
      type: dict
      contains:
        who: {description: Who answered., type: str, sample: NHN Cloud}
        status: {description: 'Number of the HTTP status, V(null) when there was none.', type: int, sample: 409}
        code: {description: The service's own code., type: str, sample: OverQuota}
        words: {description: 'Its words, as they are.', type: str, sample: Quota exceeded for resources.}
        request: {description: What to tell its support of this request., type: str, sample: req-1f2e}
"""

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.registry import Registry, registries


def main() -> None:
    """Wiring only."""
    run(Registry, registries)


if __name__ == "__main__":
    main()
