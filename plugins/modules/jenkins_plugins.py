#!/usr/bin/python
# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plugins of a Jenkins, by version."""

from __future__ import annotations

DOCUMENTATION = r"""
module: jenkins_plugins
short_description: Have exactly these plugins in a Jenkins, by version
version_added: 0.1.0
author: The multicloud.dr contributors (!UNKNOWN)
description:
  - Reads what each archive in the folder says of itself. Where that differs from what is pinned, another program fetches all plugins into a folder
    beside it, and only when it has them all, and they are those that were asked for, they take the place of the ones before.
  - What is pinned may need others. The program decides which version of those, and they are returned in RV(unpinned).
  - Plugins that neither are pinned nor needed are removed, so that one that is taken off the list is gone.
  - Jenkins is not asked and not started anew.
options:
  folder: {description: "Where Jenkins reads plugins, such as C(/var/lib/jenkins/plugins).", type: path, required: true}
  pinned: {description: "Each as C(NAME:VERSION).", type: list, elements: str, required: true}
  fetch:
    description:
      - Program and arguments that fetch all of them with what they need. The folder to fetch them into is given to it as last argument, after
        C(--plugin-download-directory).
    type: list
    elements: str
    required: true
  environment: {description: Environment variables for that program., type: dict, default: {}}
  owner: {description: Whose they are afterwards., type: str, default: jenkins}
  seconds: {description: "How long fetching may take, in seconds.", type: int, default: 900}
attributes:
  check_mode: {support: full, description: Says what differs; fetches nothing.}
  diff_mode: {support: full, description: "Shows the versions there and those pinned."}
"""

EXAMPLES = r"""
- name: Have its plugins, and no others
  multicloud.dr.jenkins_plugins:
    folder: /var/lib/jenkins/plugins
    pinned: ["git:5.10.1", "matrix-auth:3.3"]
    fetch: [java, -jar, /opt/plugin-manager.jar, --war, /usr/share/java/jenkins.war, --plugin-file, /etc/plugins.txt, --latest, "false"]

- name: The same where little is near
  multicloud.dr.jenkins_plugins:
    folder: /srv/jenkins/plugins
    owner: ci
    pinned: ["git:5.10.1"]
    fetch: [/usr/local/bin/fetch-plugins]
    environment: {CACHE_DIR: /var/cache/fetch-plugins}
    seconds: 3600
"""

RETURN = r"""
differs: {description: "What differed before, a sentence each.", type: list, elements: str, returned: success}
unpinned: {description: "Plugins that are needed and not pinned, each as C(NAME:VERSION).", type: list, elements: str, returned: success}
"""

import grp
import pwd
import subprocess
import tempfile
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.multicloud.dr.plugins.module_utils.faults import Fault
from ansible_collections.multicloud.dr.plugins.module_utils.jenkins import plugins

SPEC = {
    "folder": {"type": "path", "required": True}, "pinned": {"type": "list", "elements": "str", "required": True},
    "fetch": {"type": "list", "elements": "str", "required": True}, "environment": {"type": "dict", "default": {}},
    "owner": {"type": "str", "default": "jenkins"}, "seconds": {"type": "int", "default": 900},
}


def main():
    """Entry point."""
    module = AnsibleModule(argument_spec=SPEC, supports_check_mode=True)
    p, folder = module.params, Path(module.params["folder"])
    want, have = plugins.wanted(p["pinned"]), plugins.there(folder)
    differs = plugins.drift(have, want)
    shown = {"before": versions(have), "after": versions(have)}
    try:
        if differs and not module.check_mode:
            have = renew(p, folder, want)
        shown["after"] = want if module.check_mode and differs else versions(have)
    except (Fault, OSError, KeyError) as error:
        module.fail_json(msg=str(error), differs=differs)
    unpinned = [f"{name}:{version}" for name, version in versions(have).items() if name not in want]
    module.exit_json(changed=bool(differs), differs=differs, unpinned=unpinned, diff=shown)


def versions(have):
    """Each plugin's; one that cannot be read has none."""
    return {name: plugin.version if plugin else "" for name, plugin in have.items()}


def renew(p, folder, want):
    """Fetch into a folder beside it, look whether that is what was asked for, and put it in its place; what is there then."""
    left = f"The plugins in {folder} are as they were."
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".plugins.", dir=folder.parent) as scratch:
        new = Path(scratch) / "plugins"
        try:
            done = subprocess.run([*p["fetch"], "--plugin-download-directory", str(new)], env={"PATH": "/usr/bin:/bin", **p["environment"]},
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                  check=False, timeout=p["seconds"])
        except subprocess.TimeoutExpired as late:
            raise Fault("fetch the plugins", f"within {p['seconds']} s", left=left,
                        then="Look whether their place answers, then run again.") from late
        got = plugins.there(new)
        wrong = plugins.drift(got, want)
        if done.returncode or wrong:
            raise Fault("fetch the plugins", f"(exit code {done.returncode}): {plugins.failed(done.stdout)}",
                        left=f"{'; '.join(wrong)}. {left}".lstrip(". "), then="Mend that, or the list of plugins, then run again.")
        account = pwd.getpwnam(p["owner"])
        plugins.put(new, folder, (account.pw_uid, grp.getgrgid(account.pw_gid).gr_gid))
    return plugins.there(folder)


if __name__ == "__main__":
    main()
