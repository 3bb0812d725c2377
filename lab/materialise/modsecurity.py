# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A web ACL's managed groups: ModSecurity with the OWASP core rule set, in nginx, between two halves of the load balancer's HAProxy. Pure.

What AWS's own rules look for nobody but AWS knows. What is published of them ("AWS Managed Rules rule groups list" in the AWS WAF Developer Guide)
is held to the letter: sizes, a missing User-Agent, paths of tools for administrators. For the rest stand the chapters of the core rule set that are
about the same attacks. A rule that only counts takes its whole family along, as the core rule set's rules have other borders.
"""

from __future__ import annotations

from collections.abc import Sequence

from lab.hosts.modsecurity import INNER, OUTER, RULES
from lab.materialise.specs import FirewallRule, WebAcl

AUDIT_LOG = "modsecurity.log"
CRS = "/usr/share/modsecurity-crs/rules"
# Chapters of the core rule set by family: what the names of AWS's rules begin with.
CHAPTERS = {
    "AWSManagedRulesCommonRuleSet": {"CrossSiteScripting": "REQUEST-941-APPLICATION-ATTACK-XSS", "GenericLFI": "REQUEST-930-APPLICATION-ATTACK-LFI",
                                     "GenericRFI": "REQUEST-931-APPLICATION-ATTACK-RFI"},
    "AWSManagedRulesSQLiRuleSet": {"SQLi": "REQUEST-942-APPLICATION-ATTACK-SQLI"},
    "AWSManagedRulesLinuxRuleSet": {"LFI": "REQUEST-930-APPLICATION-ATTACK-LFI"},
    "AWSManagedRulesUnixRuleSet": {"UNIXShellCommandsVariables": "REQUEST-932-APPLICATION-ATTACK-RCE"},
    "AWSManagedRulesPHPRuleSet": {"PHPHighRiskMethodsVariables": "REQUEST-933-APPLICATION-ATTACK-PHP"},
    "AWSManagedRulesKnownBadInputsRuleSet": {"JavaDeserializationRCE": "REQUEST-944-APPLICATION-ATTACK-JAVA"},
    "AWSManagedRulesAdminProtectionRuleSet": {},
    # No address of the lab has a bad name.
    "AWSManagedRulesAmazonIpReputationList": {}, "AWSManagedRulesAnonymousIpList": {},
}
# Rules that AWS describes well enough to be held to the letter: {group: {AWS's rule: ModSecurity's}}.
PUBLISHED = {
    "AWSManagedRulesCommonRuleSet": {
        "NoUserAgent_HEADER": '&REQUEST_HEADERS:User-Agent "@eq 0"',
        "SizeRestrictions_QUERYSTRING": 'QUERY_STRING "@gt 2048" t:length',
        "SizeRestrictions_Cookie_HEADER": 'REQUEST_HEADERS:Cookie "@gt 10240" t:length',
        "SizeRestrictions_BODY": 'REQUEST_HEADERS:Content-Length "@gt 8192"',
        "SizeRestrictions_URIPATH": 'REQUEST_FILENAME "@gt 1024" t:length',
        "RestrictedExtensions_URIPATH": 'REQUEST_FILENAME "@rx \\.(?:log|ini)$" t:lowercase',
    },
    "AWSManagedRulesAdminProtectionRuleSet": {"AdminProtection_URIPATH": 'REQUEST_FILENAME "@pm sqlmanager phpmyadmin adminer" t:lowercase'},
}
FIRST_ID = 100000                   # of rules that are ours; the core rule set's begin at 900000

_NGINX = f"""\
load_module /usr/lib/nginx/modules/ngx_http_modsecurity_module.so;
user root;
worker_processes 1;
pid /run/waf.pid;
error_log /run/haproxy/nginx.log error;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  server_tokens off;
  client_max_body_size 0;
  client_header_buffer_size 16k;
  large_client_header_buffers 8 64k;
  keepalive_requests 1000000;
  ignore_invalid_headers off;
  map $http_upgrade $connection_wish {{ default upgrade; '' ''; }}
  upstream inner {{ server unix:{INNER}; keepalive 64; }}
  server {{
    listen unix:{OUTER} proxy_protocol;
    set_real_ip_from unix:;
    real_ip_header proxy_protocol;
    modsecurity on;
    modsecurity_rules_file /etc/lab/{RULES};
    location / {{
      proxy_pass http://inner;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_wish;
      proxy_buffering off;
      proxy_next_upstream off;
      proxy_read_timeout 3600s;
      proxy_send_timeout 3600s;
    }}
  }}
}}
"""

_HEAD = f"""\
SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 1048576
SecRequestBodyLimitAction ProcessPartial
SecResponseBodyAccess Off
SecArgumentSeparator &
SecCookieFormat 0
SecTmpDir /tmp/
SecDataDir /tmp/
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^$"
SecAuditLogParts ABHZ
SecAuditLogType Serial
SecAuditLogFormat JSON
SecAuditLog /run/haproxy/{AUDIT_LOG}
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:{FIRST_ID},phase:1,pass,t:none,t:lowercase,nolog,ctl:requestBodyProcessor=JSON"
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\\+|/)|text/)xml" \
"id:{FIRST_ID + 1},phase:1,pass,t:none,t:lowercase,nolog,ctl:requestBodyProcessor=XML"
Include /etc/modsecurity/crs/crs-setup.conf
Include {CRS}/REQUEST-901-INITIALIZATION.conf
"""
_TAIL = f"Include {CRS}/REQUEST-949-BLOCKING-EVALUATION.conf\n"


def nginx() -> str:
    """nginx.conf: what comes from HAProxy goes back to it once it has been looked at, the client's address and headers as they were."""
    return _NGINX


def asked(acl: WebAcl) -> list[FirewallRule]:
    """The rules with managed groups that may block something."""
    return [rule for rule in acl.rules if rule.group and rule.action == "Block"]


def rules(acl: WebAcl) -> str:
    """modsecurity.conf of a web ACL. Raises ValueError for a managed group that nobody has found a chapter for."""
    if unknown := [rule.group for rule in asked(acl) if rule.group not in CHAPTERS]:
        raise ValueError(f"web ACL {acl.name}: the lab has nothing that stands for {', '.join(unknown)}")
    published = [(name, test) for rule in asked(acl) for name, test in PUBLISHED.get(rule.group, {}).items() if name not in rule.counted]
    chapters = dict.fromkeys(chapter for rule in asked(acl) for chapter in _chapters(rule))
    return "".join([_HEAD, *(_published(FIRST_ID + 100 + number, name, test) for number, (name, test) in enumerate(published)),
                    *(f"Include {CRS}/{chapter}.conf\n" for chapter in chapters), _TAIL])


def group_of(acl: WebAcl, files: Sequence[str], tags: Sequence[str]) -> FirewallRule | None:
    """The rule whose group has blocked a request, of which ModSecurity names the files and tags of all that matched; the first that is asked."""
    for rule in asked(acl):
        names = [f"/{chapter}.conf" for chapter in _chapters(rule)]
        if any(file.endswith(name) for file in files for name in names) or set(tags) & set(PUBLISHED.get(rule.group, {})):
            return rule
    return None


def _chapters(rule: FirewallRule) -> list[str]:
    return [chapter for family, chapter in CHAPTERS[rule.group].items() if family not in {name.partition("_")[0] for name in rule.counted}]


def _published(number: int, name: str, test: str) -> str:
    variable, operator, transformed = (*test.split('"'),)
    steps = f",{transformed.strip()}" if transformed.strip() else ""
    return f'SecRule {variable.strip()} "{operator}" "id:{number},phase:1,deny,status:403,log,auditlog,t:none{steps},tag:{name}"\n'
