# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A web ACL's own rules in HAProxy's words: each condition becomes a variable, each rule a line that decides. Pure.

A request that a rule blocks is answered 403 and logged, as one line of JSON, to HAProxy's standard output. Where an address lies is told by the
lab's own table. Managed groups are ModSecurity's business.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab import world
from lab.materialise.specs import Condition, FirewallRule, WebAcl

COUNTRIES_FILE = "countries.map"
DEFAULT = "Default_Action"          # what AWS's logs name where no rule decided
UNKNOWN = "-"                       # as AWS's logs have it
_WAYS = {"EXACTLY": "str", "STARTS_WITH": "beg", "ENDS_WITH": "end", "CONTAINS": "sub"}
_RATE = """\
backend rate-{number}
  stick-table type ip size 1m expire {seconds}s store http_req_rate({seconds}s)
"""
# What a line of the log is made of; the text in variables is escaped as JSON has it.
_LOG = """\
  log stdout len 8192 format raw local0
  log-format '{{"time":%Ts%ms,"rule":"%[var(txn.blocked)]","type":"%[var(txn.type)]","client":"%ci","country":"%[var(txn.country)]",\
"method":"%HM","uri":"%[var(txn.path),json(utf8s)]","args":"%[var(txn.query),json(utf8s)]","version":"%HV","id":"%[var(txn.id)]",\
"headers":{{"Host":"%[var(txn.host),json(utf8s)]","User-Agent":"%[var(txn.agent),json(utf8s)]"}}}}'
"""
_SEEN = """\
  http-request set-log-level silent
  http-request set-var(txn.country) src,map_ip(/etc/lab/{countries},{unknown})
  http-request set-var(txn.path) path
  http-request set-var(txn.query) query
  http-request set-var(txn.host) req.hdr(host)
  http-request set-var(txn.agent) req.hdr(user-agent)
  http-request set-var(txn.id) uuid
"""


def frontend(acl: WebAcl) -> str:
    """Lines for every frontend that users come to, before it is said where requests go."""
    lines = [_LOG.format(), _SEEN.format(countries=COUNTRIES_FILE, unknown=UNKNOWN)]
    writer = _Writer()
    for rule, condition in _deciding(acl):
        variable = writer.condition(condition)
        lines += writer.taken()
        decides = f"{{ var({variable}) -m bool }} !{{ var(txn.blocked) -m found }} !{{ var(txn.allowed) -m bool }}"
        if rule.action == "Allow":
            lines.append(f"  http-request set-var(txn.allowed) bool(true) if {decides}\n")
        else:
            kind = "RATE_BASED" if "rate" in condition.kinds() else "REGULAR"
            lines += _block(kind, rule.name, decides)
    if acl.default == "Block":
        lines += _block("REGULAR", DEFAULT, "!{ var(txn.blocked) -m found } !{ var(txn.allowed) -m bool }")
    lines += ["  http-request set-log-level info if { var(txn.blocked) -m found }\n",
              "  http-request deny deny_status 403 if { var(txn.blocked) -m found }\n"]
    return "".join(lines)


def _block(kind: str, name: str, decides: str) -> list[str]:
    return [f"  http-request set-var(txn.type) str({kind}) if {decides}\n", f"  http-request set-var(txn.blocked) str({name}) if {decides}\n"]


def tables(acl: WebAcl) -> str:
    """What the frontends' lines count in."""
    return "".join(_RATE.format(number=number, seconds=rate.seconds) for number, rate in enumerate(_rates(acl)))


def files(acl: WebAcl) -> dict[str, str]:
    """What the lines name beside themselves: {file: text}."""
    lists = [each for _, condition in _deciding(acl) for each in _all(condition) if each.kind == "addresses"]
    countries = "".join(f"{cidr} {country}\n" for cidr, country in world.COUNTRIES.items())
    return {COUNTRIES_FILE: countries, **{f"addresses-{number}.lst": "".join(f"{each}\n" for each in condition.values)
                                          for number, condition in enumerate(lists)}}


def _all(condition: Condition) -> Iterator[Condition]:
    """A condition and those within it, in the order in which `_Writer` comes to them."""
    for each in condition.inner:
        yield from _all(each)
    yield condition


def _rates(acl: WebAcl) -> list[Condition]:
    return [each for _, condition in _deciding(acl) for each in _all(condition) if each.kind == "rate"]


def _deciding(acl: WebAcl) -> list[tuple[FirewallRule, Condition]]:
    """The web ACL's own rules that decide something."""
    return [(rule, rule.condition) for rule in acl.rules if rule.condition and rule.action != "Count"]


class _Writer:
    """Numbers what it writes, over all rules of one web ACL."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._conditions = self._lists = self._rates = 0

    def taken(self) -> list[str]:
        """The lines since the last call."""
        lines, self._lines = self._lines, []
        return lines

    def condition(self, condition: Condition) -> str:
        """The variable that is true when a request fits."""
        inner = [self.condition(each) for each in condition.inner]
        name, self._conditions = f"txn.c{self._conditions}", self._conditions + 1
        for test in self._tests(condition, inner):
            self._lines.append(f"  http-request set-var({name}) bool(true) if {test}\n")
        return name

    def _tests(self, condition: Condition, inner: list[str]) -> list[str]:
        """Each alone makes it true."""
        held = [f"{{ var({each}) -m bool }}" for each in inner]
        if condition.kind == "not":
            return [f"!{held[0]}"]
        if condition.kind == "and":
            return [" ".join(held)]
        if condition.kind == "or":
            return held
        if condition.kind == "addresses":
            number, self._lists = self._lists, self._lists + 1
            return [f"{{ src -f /etc/lab/addresses-{number}.lst }}"]
        if condition.kind == "countries":
            return [f"{{ var(txn.country) -m str {' '.join(condition.values)} }}"]
        if condition.kind == "path":
            how, text = condition.values
            return [f"{{ path -m {_WAYS[how]} {_quoted(text)} }}"]
        number, self._rates = self._rates, self._rates + 1
        # Whoever is let past or turned away before it is not counted by it.
        self._lines.append(f"  http-request track-sc{number} src table rate-{number} if !{{ var(txn.allowed) -m bool }} "
                           "!{ var(txn.blocked) -m found }\n")
        return [f"{{ sc_http_req_rate({number}) gt {condition.limit} }}"]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
