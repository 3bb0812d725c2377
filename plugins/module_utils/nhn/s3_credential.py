# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""S3 credential: the key pair that S3 clients of Object Storage sign with. It has no name, and its secret goes into a file and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..engine import Field, Plan
from ..faults import Absent, BadInput, Fault
from .credentials_file import CredentialsFile
from .iaas import Iaas
from .resource import Resource

MOST = 3            # of a user in a project


def credentials_of(cloud: Iaas) -> list[dict[str, Any]]:
    """The user's pairs in the tenant, oldest first, secrets included."""
    raws = cloud.list("identity", f"/users/{cloud.user_id}/credentials/OS-EC2", "credentials")
    return sorted((raw for raw in raws if raw["tenant_id"] == cloud.auth["tenant_id"]), key=lambda raw: str(raw.get("created_at")))


class S3Credential(Resource):
    """Fields: access (the access key), credentials_file. Also read: id (the access key), user, tenant, created_at, endpoint, region.

    Which one is meant, as there are no names: that of `access`, else the one in the file, else the user's oldest but other_than; with `own`
    none that was there before this run.
    """

    noun, service = "S3 credential", "identity"
    ids = False
    fields = (
        Field("access", fixed=True),
        Field("credentials_file", option={"type": "path"}),
    )
    options: ClassVar[dict[str, Any]] = {"profile": {"type": "str", "default": "nhn"}, "other_than": {"type": "str"},
                                         "own": {"type": "bool", "default": False}}

    def __init__(self, cloud: Iaas, params: Mapping[str, Any]) -> None:
        super().__init__(cloud, params)
        if params.get("credentials_file") and not (params["profile"] and params["profile"].isprintable()):    # nobody could read the file again
            raise BadInput(["profile: is empty, or has the end of a line in it"])
        self.file = CredentialsFile(params["credentials_file"], params["profile"]) if params.get("credentials_file") else None
        self.name = f"of {cloud.auth['username']}"
        self._secrets: dict[str, str] = {}
        self._before: set[str] = set()      # access keys that were there before this run asked for one
        self._asked = False

    def locate(self) -> dict[str, Any]:
        if self.params["state"] == "absent" and not (self.params.get("access") or self.file):
            raise BadInput(["access: required to remove one, unless credentials_file holds it"])
        if self.params["own"] and (self.params.get("access") or not self.file):
            raise BadInput(["own: only with credentials_file, which alone can tell whose a pair is, and without access"])
        self.path = f"/users/{self.cloud.user_id}/credentials/OS-EC2"
        return {}

    def planned(self) -> tuple[Plan, dict[str, Any] | None]:
        """A new one is refused when the user has as many as there may be: nobody can tell here whose they are."""
        step, want = super().planned()
        if step.action == "create" and len(self._before) >= MOST:
            raise Fault("create S3 credential", self.name,
                        left=f"The user has {self._theirs()}, and may have {MOST}; {self._held()}. Nothing was touched.",
                        then="Run where the file with one of them is, or bring that file here; or have one that nobody uses removed, with state: "
                             "absent and its access.")
        return step, want

    def worth_telling(self, step: Plan) -> list[str]:
        """Whose pairs there are cannot be told from the service, so they are named wherever a file that holds none decides."""
        if not (self.params["own"] and self._before) or step.action not in ("create", "none") or step.before:
            return []
        done = "another one is issued" if step.action == "create" else "none is removed"
        return [f"The user has S3 credentials {self._theirs()}; {self._held()}, so {done}. "
                "What nobody uses is removed with state: absent and its access."]

    def _theirs(self) -> str:
        return ", ".join(sorted(self._before))

    def _held(self) -> str:
        kept = self.file.held()[0] if self.file else ""
        return f"{self.file.path if self.file else 'no file'} holds {f'{kept}, which is none of them' if kept else 'none'}"

    def find(self) -> dict[str, Any] | None:
        mine = {raw["access"]: raw for raw in credentials_of(self.cloud)}
        given, going = self.params.get("access"), self.params["state"] == "absent"
        if given and given not in mine and not going:
            raise Absent("find", f"S3 credential {given}", left="Nothing was touched.",
                         then=f"The service chooses access keys: leave access out to have one. There are: {', '.join(mine) or 'none'}.")
        kept = self.file.held()[0] if self.file else ""
        self._before = self._before if self._asked else set(mine)
        taken = self._before if self.params["own"] else set()
        others = [] if going else [access for access in mine if access != self.params.get("other_than") and access not in taken]
        meant = given or (kept if kept in mine and kept != self.params.get("other_than") else "") or (kept if going else next(iter(others), ""))
        if meant in mine:
            return self.shape(mine[meant])
        # Gone at the service, but the file still holds it.
        return {"id": meant, "access": meant, "credentials_file": str(self.file.path)} if going and meant and meant == kept and self.file else None

    def shape(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        access = raw["access"]
        self._secrets[access] = raw["secret"]
        written = self.file and self.file.held() == (access, raw["secret"]) and self.file.private()
        return {"id": access, "access": access, "credentials_file": str(self.file.path) if self.file and written else None,
                "user": raw["user_id"], "tenant": raw["tenant_id"], "created_at": raw.get("created_at"),
                "endpoint": self.cloud.url("objects").split("/v1/", 1)[0], "region": self.cloud.auth["region"]}

    def create(self, want: dict[str, Any]) -> dict[str, Any]:
        if self.file:
            self.file.try_out()
        self._asked = True
        made = self.cloud.call("POST", "identity", self.path, doing="create S3 credential", to=self.name,
                               json={"tenant_id": self.cloud.auth["tenant_id"]})["credential"]
        try:
            return self._written(self.shape(made))
        except Fault as fault:                  # nobody holds its secret, and with `own` no later run would take it
            self.cloud.call("DELETE", "identity", f"{self.path}/{made['access']}", doing="take back S3 credential", to=made["access"],
                            gone_is_fine=True)
            raise Fault(fault.doing, fault.to, left=f"{fault.left.split('.')[0]}. The pair that was made for it was removed again.",
                        then="Mend that and run again.") from None

    def update(self, have: dict[str, Any], want: dict[str, Any], drift: tuple[str, ...]) -> dict[str, Any]:
        """Only the file can differ."""
        return self._written(have)

    def delete(self, have: dict[str, Any]) -> None:
        self.cloud.call("DELETE", "identity", f"{self.path}/{have['access']}", doing="remove S3 credential", to=have["access"], gone_is_fine=True)
        if self.file and self.file.held()[0] == have["access"]:
            self.file.forget()

    def _written(self, now: dict[str, Any]) -> dict[str, Any]:
        if self.file:
            self.file.write(now["access"], self._secrets[now["access"]])
            now = {**now, "credentials_file": str(self.file.path)}
        return now
