# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the main() of every nhn_* module is made of: its options from its kind, a log-in, the run, faults told plainly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ansible.module_utils.basic import AnsibleModule

from ..ansible_glue import STATE, spec, told_plainly
from .auth import NHN_AUTH, for_objects
from .iaas import Iaas
from .resource import Resource

if TYPE_CHECKING:
    from .rds import Rds

Connect = Callable[[Mapping[str, Any]], Any]
"""From a module's options to the client its kind talks through."""
JOB_SECONDS = 1800


def project(params: Mapping[str, Any]) -> Iaas:
    """The project itself: network, compute, block storage, images, Kubernetes."""
    return Iaas(params["auth"])


def objects(params: Mapping[str, Any]) -> Iaas:
    """The same account in the tenant of Object Storage."""
    return Iaas(for_objects(params["auth"]))


def databases(params: Mapping[str, Any]) -> Rds:
    """RDS for MySQL; its jobs may take as long as the module waits. Imported here, as the other families' modules need not pay for it."""
    from .rds import Rds

    return Rds(params["auth"], job_seconds=params.get("wait_seconds", JOB_SECONDS))


def run(kind: type[Resource], connect: Connect = project) -> None:
    """A whole module that keeps one resource of this kind, present or absent."""
    module = AnsibleModule(spec(kind.fields, kind.options, STATE, NHN_AUTH), supports_check_mode=True)
    module.no_log_values -= kind.shown(module.params) - set(map(str, module.params["auth"].values()))
    with told_plainly(module):
        kind(connect(module.params), module.params).run(module)


def tell(options: Mapping[str, Any], answer: Callable[[Any, Mapping[str, Any]], dict[str, Any]], connect: Connect = project) -> None:
    """A whole module that only looks: what `answer` returns is the result, and nothing is ever changed."""
    module = AnsibleModule({**NHN_AUTH, **options}, supports_check_mode=True)
    with told_plainly(module):
        module.exit_json(changed=False, **answer(connect(module.params), module.params))


def act(options: Mapping[str, Any], do: Callable[[Any, Mapping[str, Any], bool], dict[str, Any]], connect: Connect = project) -> None:
    """A whole module that does something no single resource stands for. `do` is told last whether it is only to foretell; what it returns,
    `changed` among it, is the result."""
    module = AnsibleModule({**NHN_AUTH, **options}, supports_check_mode=True)
    with told_plainly(module):
        module.exit_json(**do(connect(module.params), module.params, module.check_mode))
