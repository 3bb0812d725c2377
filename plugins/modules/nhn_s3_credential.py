#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Issue or remove a key pair for the S3-compatible side of NHN Cloud Object Storage."""

from __future__ import annotations

DOCUMENTATION = r"""
module: nhn_s3_credential
short_description: Issue or remove a key pair for S3 clients of NHN Cloud Object Storage
version_added: 0.1.0
author:
  - The multicloud.dr contributors (!UNKNOWN)
description:
  - Keeps a key pair with which S3 clients (the AWS command line, boto3, C(amazon.aws) modules) reach the containers of Object Storage.
  - 'Key pairs have no names. Which one is meant is told by O(access), else by what O(credentials_file) holds, else it is the oldest
    that the API user has, unless it must be its O(own). One is issued when there is none.'
  - A user has three of them at most; a fourth is refused before it is asked for, naming those there are.
  - 'The secret key is never part of a result: it is written to O(credentials_file), on the host where the task runs.'
extends_documentation_fragment:
  - multicloud.dr.nhn
  - multicloud.dr.nhn.state
options:
  access:
    description: The access key of one that exists. The service chooses it, so it cannot be asked for.
    type: str
  credentials_file:
    description:
      - Where to write the pair, a credentials file as AWS's tools read it. Its mode is 0600.
      - Other profiles in it stay, comments do not.
      - With O(state=absent) the pair that the file holds is removed from both places.
    type: path
  profile:
    description: Which profile of that file.
    type: str
    default: nhn
  own:
    description:
      - Whether the pair must be nobody else's. When the file holds none, one is issued, and not the oldest of the user taken. Only so can it be
        removed later without shutting out somebody else, such as another service in the same project.
      - A file that is lost leaves its pair behind, to be removed by O(access); M(multicloud.dr.nhn_s3_credential_info) names all there are, and a
        warning those that a machine without the file passes over.
    type: bool
    default: false
  other_than:
    description:
      - An access key that does not count. To exchange a pair without a gap, name the old one here, bring the new one to its users, and only
        then remove the old one.
    type: str
notes:
  - A user may have three in a project. They do not expire.
  - S3 clients need the profile, RV(resource.endpoint) as their endpoint, RV(resource.region) as their region, and addresses in path style.
  - The pair belongs to the API user and the tenant of Object Storage, O(auth.object_tenant_id).
"""

EXAMPLES = r"""
- name: Have keys for S3 clients
  multicloud.dr.nhn_s3_credential:
    auth: '{{ nhn_auth }}'
    credentials_file: ~/.aws/credentials

- name: Have a pair that is nobody else's, beside others in the file
  multicloud.dr.nhn_s3_credential:
    auth: '{{ nhn_auth }}'
    credentials_file: ~/.aws/credentials
    profile: tickets
    own: true

- name: Exchange them, first half
  multicloud.dr.nhn_s3_credential:
    auth: '{{ nhn_auth }}'
    other_than: 0f1e2d3c4b5a69788796a5b4c3d2e1f0
    credentials_file: ~/.aws/credentials

- name: Exchange them, second half
  multicloud.dr.nhn_s3_credential:
    auth: '{{ nhn_auth }}'
    access: 0f1e2d3c4b5a69788796a5b4c3d2e1f0
    state: absent
"""

RETURN = r"""
resource:
  description: The key pair as it is now, without its secret; in check mode as it would be.
  returned: success
  type: dict
  contains:
    credentials_file: {description: 'The file that holds the pair, V(null) when none was given.', type: str, sample: /etc/tickets/s3-credentials}
    access: {description: The access key., type: str, sample: 0f1e2d3c4b5a69788796a5b4c3d2e1f0}
    created_at: {description: 'When it was made, as the service writes it.', type: str, sample: '2026-03-01T02:00:00Z'}
    endpoint: {description: Where S3 is spoken., type: str, sample: 'https://kr1-api-object-storage.nhncloudservice.com'}
    id: {description: The access key., type: str, sample: 0f1e2d3c4b5a69788796a5b4c3d2e1f0}
    region: {description: The region to sign for., type: str, sample: KR1}
    tenant: {description: Tenant of Object Storage that it is for., type: str, sample: c3d4}
    user: {description: Id of the API user whose it is., type: str, sample: a1b2}
action:
  description: 'What was done, or would be: V(none), V(create), V(update) (only the file is written) or V(delete).'
  returned: success
  type: str
  sample: create
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

from ansible_collections.multicloud.dr.plugins.module_utils.nhn.frame import objects, run
from ansible_collections.multicloud.dr.plugins.module_utils.nhn.s3_credential import S3Credential


def main() -> None:
    """Wiring only."""
    run(S3Credential, objects)


if __name__ == "__main__":
    main()
