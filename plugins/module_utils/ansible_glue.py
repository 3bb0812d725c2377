# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The only helpers that know AnsibleModule: options from fields, faults told plainly, one way to finish. No resource logic lives here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .absent import NotInstalled
from .engine import Field, Plan, wanted
from .faults import Fault

if TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ["STATE", "carry_out", "finish", "mask", "spec", "told_plainly", "wanted"]

HIDDEN = "********"
STATE: dict[str, Any] = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}


def spec(fields: Iterable[Field], *more: Mapping[str, Any]) -> dict[str, Any]:
    """argument_spec: the option of every field that has one (secret ones no_log), then more, later ones winning."""
    options: dict[str, Any] = {f.name: {**f.option, **({"no_log": True} if f.secret else {})} for f in fields if f.option is not None}
    for extra in more:
        options.update(extra)
    return options


@contextmanager
def told_plainly(module: AnsibleModule) -> Iterator[None]:
    """Turn a Fault, or a package that is not installed, into a failed task: `msg` for people, `failure` with the same facts for machines."""
    try:
        yield
    except Fault as fault:
        module.fail_json(msg=fault.told(), failure=fault.facts())
    except NotInstalled as lack:
        module.fail_json(msg=lack.fault.told(), failure=lack.fault.facts())


def mask(resource: Mapping[str, Any], secret: Iterable[str]) -> dict[str, Any]:
    """The resource with secret fields hidden, keys sorted."""
    hidden = set(secret)
    return {key: HIDDEN if key in hidden and resource[key] is not None else resource[key] for key in sorted(resource)}


def finish(module: AnsibleModule, step: Plan, now: Mapping[str, Any], **more: Any) -> None:
    """End the task. Returns changed, action, diff (before, after), resource (what is there now; in check mode what would be) and more.

    When something must exist first, also needs and a msg that says so, which is warned too: a check run prints nothing else.
    Secrets are masked by the fields' own flag.
    """
    result: dict[str, Any] = {
        "changed": step.changes,
        "action": step.action,
        "diff": {"before": mask(step.before, step.secret), "after": mask(step.after, step.secret)},
        "resource": mask(now, step.secret),
        **more,
    }
    if step.needs:
        result.update(needs=list(step.needs), msg=f"needs {', '.join(step.needs)} first")
        module.warn(f"{step.after.get('name') or step.after.get('cidr') or 'it'} {result['msg']}")
    module.exit_json(**result)


def carry_out(module: AnsibleModule, step: Plan, apply: Callable[[Plan], Mapping[str, Any]], **more: Any) -> None:
    """Predict or do, then finish: the one place where check mode is looked at."""
    finish(module, step, step.after if module.check_mode else apply(step), **more)
