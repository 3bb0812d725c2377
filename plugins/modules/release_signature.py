#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A signature over an image's digest, made or checked."""

from __future__ import annotations

DOCUMENTATION = r"""
module: release_signature
short_description: Sign an image's digest, or check who signed it
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - The signature has cosign's form, an image beside the image, which podman, skopeo and admission controllers check.
  - No registry is asked. The signature is written to or read from a folder, an OCI layout, which C(skopeo copy) carries to and fro.
options:
  state: {description: Whether to sign or to check., type: str, choices: [signed, verified], required: true}
  folder: {description: The OCI layout., type: path, required: true}
  place: {description: "Where the image lies, registry and repository without tag or digest.", type: str, required: true}
  digest: {description: "Its digest, such as C(sha256:…).", type: str, required: true}
  private_key: {description: "What to sign with, an EC key of the curve P-256 in PEM without a password.", type: str}
  public_key: {description: "What to check with, in PEM. Without it the public half of O(private_key).", type: str}
  older_public_keys:
    description: "Public halves of keys of before, in PEM, that are good to check with as well."
    type: list
    elements: str
    default: []
attributes:
  check_mode: {support: full, description: Signs nothing; checking reads only.}
"""

EXAMPLES = r"""
- name: Vouch for it
  multicloud.dr.release_signature:
    state: signed
    folder: build/releases/1.4/signature
    place: ncr.example.com/shop/web
    digest: "{{ digest }}"
    private_key: "{{ vault_release_signing_key }}"

- name: See who vouches for what lies there
  multicloud.dr.release_signature:
    state: verified
    folder: build/releases/1.4/fetched
    place: ncr.example.com/shop/web
    digest: "{{ digest }}"
    public_key: "{{ release_public_key }}"
    older_public_keys: ["{{ lookup('ansible.builtin.file', 'release-2025.pub') }}"]
"""

RETURN = r"""
tag: {description: The tag under which the signature lies beside the image., type: str, returned: success}
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.ansible_glue import told_plainly
from ansible_collections.multicloud.dr.plugins.module_utils.release import signature


def main():
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["signed", "verified"], "required": True}, "folder": {"type": "path", "required": True},
            "place": {"type": "str", "required": True}, "digest": {"type": "str", "required": True},
            "private_key": {"type": "str", "no_log": True}, "public_key": {"type": "str"},
            "older_public_keys": {"type": "list", "elements": "str", "default": []},
        },
        required_if=[("state", "signed", ("private_key",)), ("state", "verified", ("public_key", "private_key"), True)], supports_check_mode=True)
    p, folder = module.params, Path(module.params["folder"])
    with told_plainly(module):
        text = signature.payload(p["place"], p["digest"])
        try:
            if p["state"] == "verified":
                keys = [p["public_key"] or signature.public_half(p["private_key"]), *p["older_public_keys"]]
                signature.check_any(folder, keys, p["place"], p["digest"])
            elif not module.check_mode:
                signature.write(folder, text, signature.sign(p["private_key"], text))
        except (signature.BadKey, signature.Unsigned, OSError) as error:
            module.fail_json(msg=f"{p['place']}@{p['digest']}: {error}.")
        module.exit_json(changed=p["state"] == "signed", tag=signature.tag(p["digest"]))


if __name__ == "__main__":
    main()
