# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The web application firewall beside a load balancer's HAProxy: nginx with ModSecurity, which runs for as long as there is a configuration for it.

The caller writes CONFIG and RULES into /etc/lab. It must listen at OUTER and write its process id to /run/waf.pid.
"""

from __future__ import annotations

import hashlib

from lab.hosts import files
from lab.podman import execute

CONFIG, RULES = "nginx.conf", "modsecurity.conf"
IN_FORCE = "firewall.sum"           # of what was put into force last
OUTER, INNER = "/run/waf-outer.sock", "/run/waf-inner.sock"       # HAProxy to nginx, and back
# A killed nginx leaves its socket, and would not take it over.
START = f"rm -f {OUTER}; test ! -e /etc/lab/{CONFIG} || nginx -c /etc/lab/{CONFIG}"
_RELOAD = f"""\
nginx -t -q -c /etc/lab/{CONFIG} || exit
if test -s /run/waf.pid && kill -0 "$(cat /run/waf.pid)"; then nginx -s reload -c /etc/lab/{CONFIG}; else {START}; fi
"""
_STOP = 'test ! -s /run/waf.pid || kill -QUIT "$(cat /run/waf.pid)"'


def apply(name: str) -> None:
    """Put what is written into force, unless it is so already: rules take seconds to read, and load balancers change for other reasons.

    Raises PodmanError with nginx's words when it is refused, what was in force before staying so.
    """
    written = hashlib.sha256(repr([files.read(name, each) for each in (CONFIG, RULES)]).encode()).hexdigest()
    if files.read(name, IN_FORCE) != written:
        execute(name, ["sh", "-c", _RELOAD])
        files.write(name, {IN_FORCE: written})


def end(name: str) -> None:
    """Stop it once what it has begun is done, and for good; nothing happens where there is none."""
    if files.read(name, CONFIG) is not None:
        for each in (CONFIG, IN_FORCE):
            (files.folder(name) / each).unlink(missing_ok=True)
        execute(name, ["sh", "-c", _STOP])
