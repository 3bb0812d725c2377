# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application load balancer in HAProxy's words, and the health of its targets read back from HAProxy's statistics."""

from __future__ import annotations

import csv
import io

from lab.materialise.specs import Listener, LoadBalancer, TargetGroup

_HEAD = """\
global
  stats socket /run/haproxy/admin.sock mode 600 level admin
defaults
  mode http
  option forwardfor
  option redispatch
  timeout connect 5s
  timeout client 60s
  timeout server 60s
frontend alive
  bind 127.0.0.1:8404
  monitor-uri /alive
"""

_FRONTEND = """\
frontend port-{port}
  bind :{port}{tls}
  {action}
"""

_BACKEND = """\
backend {group.name}
  balance roundrobin
  option allbackups
  option httpchk
  http-check send meth GET uri {group.check_path} ver HTTP/1.1 hdr Host {domain} hdr User-Agent ELB-HealthChecker/2.0
  http-check expect status {group.check_codes}
  timeout check {group.timeout}s
  default-server inter {group.interval}s rise {group.rise} fall {group.fall}
"""


def haproxy(balancer: LoadBalancer) -> str:
    """haproxy.cfg. As on AWS a group whose targets all fail gets the requests anyway: unchecked backups stand behind the checked ones."""
    parts = [_HEAD]
    parts += map(_frontend, balancer.listeners)
    for group in balancer.groups:
        parts.append(_BACKEND.format(group=group, domain=balancer.domain))
        for target in group.targets:
            port = f" port {group.check_port}" if group.check_port else ""
            parts.append(f"  server {target.id}_{target.port} {target.address}:{target.port} check{port}\n")
        parts += [f"  server open_{target.id}_{target.port} {target.address}:{target.port} backup\n" for target in group.targets]
    return "".join(parts)


def files(balancer: LoadBalancer) -> dict[str, str]:
    """What the configuration names beside itself: the certificates, by the names it has for them."""
    return {_certificate(listener): listener.certificate for listener in balancer.listeners if listener.certificate}


def _frontend(listener: Listener) -> str:
    """As ALB does, what the client spoke is told in X-Forwarded-Proto ("HTTP headers and Application Load Balancers")."""
    if listener.redirect:
        scheme, port, code = listener.redirect.split()
        action = (f"http-request redirect code {code.removeprefix('HTTP_')} location "
                  f"{scheme}://%[req.hdr(host),field(1,:)]:{port}%[capture.req.uri]")
    else:
        action = (f"default_backend {listener.group}\n  http-request set-header X-Forwarded-Proto {'https' if listener.certificate else 'http'}\n"
                  f"  http-request set-header X-Forwarded-Port {listener.port}")
    tls = f" ssl crt /etc/lab/{_certificate(listener)} alpn h2,http/1.1 ssl-min-ver TLSv1.2" if listener.certificate else ""
    return _FRONTEND.format(port=listener.port, tls=tls, action=action)


def _certificate(listener: Listener) -> str:
    return f"certificate-{listener.port}.pem"


def health(balancer: LoadBalancer, statistics: str) -> dict[str, dict[str, str]]:
    """{target group ARN: {target id: "healthy"|"unhealthy"}} from `show stat`; targets not checked yet are left out."""
    rows = {(row["# pxname"], row["svname"]): row for row in csv.DictReader(io.StringIO(statistics))}
    return {group.arn: _group_health(group, rows) for group in balancer.groups}


def _group_health(group: TargetGroup, rows: dict[tuple[str, str], dict[str, str]]) -> dict[str, str]:
    found = {}
    for target in group.targets:
        row = rows.get((group.name, f"{target.id}_{target.port}"))
        if row and row["check_status"].strip("* ") not in ("", "INI"):
            found[target.id] = "healthy" if row["status"].startswith("UP") else "unhealthy"
    return found
