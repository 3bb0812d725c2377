# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all kinds of NHN resources share: found by name inside a scope, parents by name or id, made, changed, removed, read back.

A kind says its fields, where it lives in the API and how the API's words map to ours; only what is odd about it is code.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ..ansible_glue import carry_out
from ..engine import Field, Plan, converge, plan, tidied, wanted
from ..faults import Absent, BadInput, Fault, Refused, TimedOut, Unchangeable, WentWrong
from ..waiting import FAILED, PENDING, READY, wait
from .iaas import Iaas, fitting, is_id, meant

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


SHOWN_SECONDS = 60                  # how long something accepted may take to be shown


def waits(seconds: int) -> dict[str, Any]:
    """The option that bounds how long a kind waits for the cloud."""
    return {"wait_seconds": {"type": "int", "default": seconds}}


class Missing(str):
    """Stands for the id of a parent that does not exist yet; reads as what is needed."""

    __slots__ = ()


def state(seen: Mapping[str, Any]) -> str:
    """How something is, with why when it is told."""
    return ": ".join(str(word) for word in (seen.get("status") or seen.get("state"), seen.get("fault")) if word)


class Resource:
    """One resource as the options describe it. noun: for people; service, path, key: GET {path} answers {plural: [...]}, POST {path}
    takes {key: {...}}; fields: what is compared; options: of its module, besides those of the fields."""

    noun = ""
    service = "network"
    path = ""
    key = ""
    fields: tuple[Field, ...] = ()
    options: ClassVar[dict[str, Any]] = {}
    left_to_people: ClassVar[dict[str, str]] = {}   # fixed fields that can be changed nevertheless: how, for whoever wants it
    ids = True                                      # whether the service gives it an id, which is taken in place of its name

    def __init__(self, cloud: Iaas, params: Mapping[str, Any]) -> None:
        if params.get("name") == "":            # of a variable that nobody set; what has no name is others'
            raise BadInput(["name: is empty"])
        self.cloud, self.params = cloud, tidied(self.fields, params)
        self.name = str(params.get("name") or "")
        self.needs: list[str] = []
        self.scope: dict[str, Any] = {}
        self.homeless = False                       # what it lives in does not exist, so neither does it
        self.have: dict[str, Any] | None = None     # as found at the start
        self.assumed_home = ""                      # a VPC as it was given, when its subnets alone told which it is
        self.born = ""                              # the id of what this run made

    @property
    def plural(self) -> str:
        """The key of a list answer."""
        return self.path.strip("/").replace("-", "_")

    # -- what a kind may say differently --------------------------------------------------------------------------------------------

    def locate(self) -> dict[str, Any]:
        """Resolve what the resource lives in; called once, before anything else. Answers the query that narrows a list to that place."""
        return {}

    def resolve(self, want: dict[str, Any]) -> dict[str, Any]:
        """Turn names in the wanted values into ids, with self.parent."""
        return want

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """The API's object in our words: id, and a value for every field that can be read."""
        raise NotImplementedError

    def body(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Our words in the API's, for a create or an update; values holds only what is to be sent."""
        return dict(values)

    @classmethod
    def shown(cls, params: Mapping[str, Any]) -> set[str]:
        """What stands in a secret option and is no secret. Ansible blots the words of such an option out of every answer: a label "24" would take
        the 24 out of addresses and ids."""
        return set()

    def refuse_removal(self, have: dict[str, Any]) -> None:
        """Raise Fault when it cannot, or must not, be removed: while planning, so that nothing is touched, and a rehearsal in check mode meets
        it too."""

    def broken(self, have: dict[str, Any]) -> bool:
        """Whether it is in a state that it does not leave by itself."""
        return False

    def cured_by(self, step: Plan) -> bool:
        """Whether an update of something broken may bring it out of that state, or lets go what keeps it from being removed."""
        return False

    def worth_telling(self, step: Plan) -> list[str]:
        """What a person should know of a plan beyond the plan, each told as a warning."""
        return []

    def settled(self, now: dict[str, Any]) -> dict[str, Any]:
        """Wait until it is usable. Most kinds are as soon as they exist."""
        return now

    def once_ready(self, judge: Callable[[Mapping[str, Any]], str], now: dict[str, Any], doing: str) -> dict[str, Any]:
        """The resource once `judge` finds it ready, read anew every 5 s for wait_seconds. doing: "see it run"."""
        if judge(now) == READY:
            return now
        return wait(lambda: self.get(now["id"]), judge, self.params["wait_seconds"], 5, self.cloud.clock, doing=f"{doing}: {self.noun}",
                    to=self.name, show=state)

    def see_gone(self, look: Callable[[], dict[str, Any] | None] | None = None) -> None:
        """Wait wait_seconds for it to be gone, for kinds that others can only go after. look: how it is looked for, where `find` takes what is on
        its way out for gone."""
        def judge(seen: dict[str, Any] | None) -> str:
            return READY if not seen else FAILED if seen["status"] == "error_deleting" else PENDING

        wait(look or self.find, judge, self.params["wait_seconds"], 5, self.cloud.clock, doing=f"see it gone: {self.noun}", to=self.name,
             show=lambda seen: seen and seen["status"])

    # -- finding --------------------------------------------------------------------------------------------------------------------

    def parent(self, noun: str, service: str, path: str, given: str, **scope: Any) -> str:
        """The id of a parent given by name or id; Missing, noted in self.needs, when there is none."""
        if any(isinstance(value, Missing) for value in scope.values()):
            found = None
        else:
            found = self.cloud.named(service, path, path.strip("/").replace("-", "_"), noun, given, **scope)
        if found:
            return str(found["id"])
        self.needs.append(f"{noun} {given}")
        return Missing(f"{noun} {given}")

    def vpc(self, given: str) -> str:
        """The id of a VPC."""
        return self.parent("vpc", "network", "/vpcs", given)

    def home(self, given: str) -> str:
        """The id of a VPC, for kinds that need its subnets anyway: each subnet tells whose it is, so that their list mostly answers for both. It
        does not tell of a second VPC of that name which has none so far: before anything is changed the VPCs are looked at as well."""
        there = self.cloud.list("network", "/vpcsubnets", "vpcsubnets")
        homes = {str(raw["vpc_id"]): {"id": raw["vpc_id"], **(raw.get("vpc") or {})} for raw in there}
        told = fitting(list(homes.values()), given)
        if len(told) != 1:
            return self.vpc(given)
        self.assumed_home = given
        return str(told[0]["id"])

    def subnet_in(self, vpc: str, given: str) -> str:
        """The id of a subnet of that VPC; Missing, noted in self.needs, when there is none."""
        there = [] if isinstance(vpc, Missing) else self.cloud.list("network", "/vpcsubnets", "vpcsubnets")
        found = meant([raw for raw in there if raw["vpc_id"] == vpc], "subnet", given)
        if found:
            return str(found["id"])
        self.needs.append(f"subnet {given}")
        return Missing(f"subnet {given}")

    def note_way_out(self, subnet: Any) -> None:
        """Note in self.needs that a subnet leads nowhere: a public address works only where its routing table has an internet gateway."""
        there = [raw for raw in self.cloud.list("network", "/vpcsubnets", "vpcsubnets") if raw["id"] == subnet]
        if there and not (there[0].get("routingtable") or {}).get("gateway_id"):
            self.needs.append(f"an internet gateway on the routing table of subnet {there[0]['name']}")

    def note_keypair(self, name: str) -> None:
        """Note in self.needs a keypair that does not exist."""
        if not any(raw["keypair"]["name"] == name for raw in self.cloud.list("compute", "/os-keypairs", "keypairs")):
            self.needs.append(f"keypair {name}")

    def find(self) -> dict[str, Any] | None:
        """The resource as it is now, None when it (or what it lives in) does not exist."""
        if self.homeless:
            return None
        raw = self.pick(self.cloud.list(self.service, self.path, self.plural, **self.scope))
        return self.shape(raw) if raw else None

    def pick(self, found: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The one meant, of those in its place."""
        return meant(found, self.noun, self.name)

    def get(self, identity: str) -> dict[str, Any]:
        """The resource read anew by id."""
        return self.patiently(identity, lambda: self.look_up(identity))

    def patiently(self, identity: str, read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What `read` answers, which asks for something by id. What this run made may not be known everywhere at once: it is asked for again."""
        def look() -> dict[str, Any] | None:
            try:
                return read()
            except Refused as no:
                if not (no.answer and no.answer.status == 404):
                    raise
                return None

        return self.once_shown(look) if identity == self.born else read()

    def once_shown(self, look: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
        """What `look` finds, once it finds it: what is read may lag behind a change that was accepted."""
        try:
            found = wait(look, lambda seen: READY if seen else PENDING, SHOWN_SECONDS, 3, self.cloud.clock, show=lambda _unused: "not there")
        except TimedOut:
            known = f" (id {self.born})" if self.born else ""
            raise Absent("read back", f"{self.noun} {self.name}", left=f"The change was accepted{known}, but is not shown after {SHOWN_SECONDS} s.",
                         then="Run again: it looks before it writes.") from None
        if found is None:
            raise AssertionError
        return found

    def look_up(self, identity: str) -> dict[str, Any]:
        """One look at it, by id."""
        raw = self.cloud.call("GET", self.service, f"{self.path}/{identity}", doing=f"read {self.noun}", to=self.name)
        return self.shape(raw[self.key])

    # -- changing -------------------------------------------------------------------------------------------------------------------

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        """Make it and read it back."""
        made = self.cloud.call("POST", self.service, self.path, doing=f"create {self.noun}", to=self.name, json={self.key: self.body(want)})
        return self.get(self.made(made[self.key]["id"]))

    def made(self, identity: Any) -> str:
        """Remember, and return, the id of what this run made."""
        self.born = str(identity)
        return self.born

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        """Send what differs and read it back."""
        self.cloud.call("PUT", self.service, f"{self.path}/{have['id']}", doing=f"change {', '.join(drift)} of {self.noun}", to=self.name,
                        json={self.key: self.body({name: want[name] for name in drift})})
        return self.get(have["id"])

    def delete(self, have: dict[str, Any]) -> None:
        """Remove it; gone already is fine."""
        self.cloud.call("DELETE", self.service, f"{self.path}/{have['id']}", doing=f"remove {self.noun}", to=self.name, gone_is_fine=True)

    def apply(self, step: Plan) -> dict[str, Any]:
        """Carry one plan out; the resource as it is then, {} when gone."""
        if step.action == "create":
            return self.create(step.after)
        if step.action == "update":
            return self.update(step.before, step.after, step.drift)
        self.delete(step.before)
        return {}

    # -- running --------------------------------------------------------------------------------------------------------------------

    def planned(self) -> tuple[Plan, dict[str, Any] | None]:
        """Find and plan: what is to be done, and what is wanted."""
        want = wanted(self.fields, self.params)
        with self.cloud.one_look():
            self.scope = self.locate()
            self.homeless = bool(self.needs)
            self.have = self.find()
            if want is not None:
                want = self.resolve(self._by_its_name(want))
        try:
            step = plan(self.fields, self.have, want)
        except Unchangeable as no:
            if set(no.names) <= set(self.left_to_people):
                no.say(left="That can be changed, and this module leaves it to a person. Nothing was touched.",
                       then=" ".join(dict.fromkeys(self.left_to_people[name] for name in no.names)) + " Until then, ask for the value it has.")
            raise
        if step.changes and self.assumed_home:
            self.vpc(self.assumed_home)
        if step.action == "delete":
            self.refuse_removal(step.before)
        if step.action in ("none", "update") and step.before and self.broken(step.before) and not self.cured_by(step):
            raise WentWrong("use", f"{self.noun} {self.name}", then="Look into it there; a new run starts from what it finds.",
                            left=f"It was last seen as {state(step.before)!r}, a state it does not leave by itself. Nothing was touched.")
        if step.changes and want is not None:
            step = step.needing(self.needs)
        return step, want

    def _by_its_name(self, want: dict[str, Any]) -> dict[str, Any]:
        """What is wanted, with the name that the thing has when it was given by id. What nothing has, and has the form of an id, is nobody's name:
        it is a mistake, or of something that is gone."""
        if self.have is None and self.ids and is_id(self.name):
            raise Absent("find", f"{self.noun} {self.name}", left="That is the form of an id, and nothing here has it. Nothing was touched.",
                         then="Give the id of one that exists, or a name that is none to have one made.")
        return {**want, "name": self.have["name"]} if self.have and "name" in want and self.have.get("id") == self.name else want

    def run(self, module: AnsibleModule) -> None:
        """Find, plan, carry out, finish."""
        step, want = self.planned()
        for word in self.worth_telling(step):
            module.warn(word)
        carry_out(module, step, lambda todo: self.carried_out(todo, want))

    def brought_about(self) -> dict[str, Any]:
        """The same for callers that are no module: the resource as it is then, {} when it is gone."""
        return self.carried_out(*self.planned())

    def carried_out(self, step: Plan, want: dict[str, Any] | None) -> dict[str, Any]:
        """The resource once nothing differs. A fault tells what had been done before: the request that failed may not have been the first."""
        before = len(self.cloud.accepted)
        try:
            return converge(self, step, want, self.cloud.clock)
        except Fault as fault:
            fault.after(self.cloud.accepted[before:])
            raise
