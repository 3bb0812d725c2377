# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application load balancer in HAProxy's words, and the health of its targets read back from HAProxy's statistics.

With a web ACL it has two halves. The outer one ends TLS, has the client's address, and asks the web ACL's own rules; what these let in is looked at
by ModSecurity (`modsecurity`) and comes back to the inner half, which knows by X-Forwarded-Port from which listener.
"""

from __future__ import annotations

import csv
import io

from lab.hosts.modsecurity import CONFIG, INNER, OUTER, RULES
from lab.materialise import firewall, modsecurity
from lab.materialise.specs import Listener, LoadBalancer, TargetGroup, WebAcl

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

_INNER = f"""\
backend waf
  server modsecurity unix@{OUTER} send-proxy-v2
backend straight
  server inner unix@{INNER}
frontend inner
  bind unix@{INNER} mode 600
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
    parts += _guarded(balancer, balancer.web_acl) if balancer.web_acl else map(_frontend, balancer.listeners)
    for group in balancer.groups:
        parts.append(_BACKEND.format(group=group, domain=balancer.domain))
        for target in group.targets:
            port = f" port {group.check_port}" if group.check_port else ""
            parts.append(f"  server {target.id}_{target.port} {target.address}:{target.port} check{port}\n")
        parts += [f"  server open_{target.id}_{target.port} {target.address}:{target.port} backup\n" for target in group.targets]
    return "".join(parts)


def files(balancer: LoadBalancer) -> dict[str, str]:
    """What the configuration names beside itself: the certificates, by the names it has for them."""
    certificates = {_certificate(listener): listener.certificate for listener in balancer.listeners if listener.certificate}
    acl = balancer.web_acl
    if acl is None:
        return certificates
    return {**certificates, **firewall.files(acl), CONFIG: modsecurity.nginx(), RULES: modsecurity.rules(acl)}


def _guarded(balancer: LoadBalancer, acl: WebAcl) -> list[str]:
    """Both halves. Who was let past everything (`txn.allowed`) goes straight to where the others come by way of ModSecurity."""
    where = "  use_backend straight if { var(txn.allowed) -m bool }\n  default_backend waf"
    outer = [_FRONTEND.format(port=listener.port, tls=_tls(listener), action=f"{firewall.frontend(acl).strip()}\n  {_forwarded(listener)}\n{where}")
             for listener in balancer.listeners]
    elsewhere = [f"  {_redirect(listener)} {_came_by(listener)}\n" for listener in balancer.listeners if listener.redirect]
    groups = [f"  use_backend {listener.group} {_came_by(listener)}\n" for listener in balancer.listeners if not listener.redirect]
    return [firewall.tables(acl), *outer, _INNER, *elsewhere, *groups]


def _came_by(listener: Listener) -> str:
    return f"if {{ req.hdr(x-forwarded-port) {listener.port} }}"


def _frontend(listener: Listener) -> str:
    action = _redirect(listener) if listener.redirect else f"default_backend {listener.group}\n  {_forwarded(listener)}"
    return _FRONTEND.format(port=listener.port, tls=_tls(listener), action=action)


def _redirect(listener: Listener) -> str:
    scheme, port, code = listener.redirect.split()
    return f"http-request redirect code {code.removeprefix('HTTP_')} location {scheme}://%[req.hdr(host),field(1,:)]:{port}%[capture.req.uri]"


def _forwarded(listener: Listener) -> str:
    """As ALB does, what the client spoke is told in X-Forwarded-Proto ("HTTP headers and Application Load Balancers")."""
    return (f"http-request set-header X-Forwarded-Proto {'https' if listener.certificate else 'http'}\n"
            f"  http-request set-header X-Forwarded-Port {listener.port}")


def _tls(listener: Listener) -> str:
    return f" ssl crt /etc/lab/{_certificate(listener)} alpn h2,http/1.1 ssl-min-ver TLSv1.2" if listener.certificate else ""


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
