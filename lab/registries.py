# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The registries behind the control planes' NCR and ECR: Debian's docker-registry twice, and how the lab's hosts and nodes pull from them.

Each takes the one log-in that its cloud's emulator hands out. Without TLS, so whoever speaks to them says that he knows.
"""

from __future__ import annotations

import base64
import ctypes
import hashlib
import hmac
import json
import secrets
import shutil
import string
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping

import yaml

from lab import files
from lab.podman import podman
from lab.world import BUILD, ECR_PORT, MACHINE, NCR_PORT, ROOT, SECRETS

FOLDER = BUILD / "registries"               # <name>.json, <name>.logins and <name>/, what it holds
PORTS: Mapping[str, int] = {"ncr": NCR_PORT, "ecr": ECR_PORT}
PULL_LIMIT = 80.0                           # seconds; whoever asked on a host waits for ninety
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))     # lab addresses never go through a proxy
_SALT = "./" + string.ascii_letters + string.digits
Login = tuple[str, str]                     # user, password


class NotLetIn(RuntimeError):
    """A registry refused a log-in, or gave no answer; the message says which."""


def program() -> str | None:
    """docker-registry, as the machine or `make setup` has it; None where it is not installed."""
    own = ROOT / ".venv" / "bin" / "docker-registry"
    return shutil.which("docker-registry") or (str(own) if own.is_file() else None)


def installed() -> list[str]:
    """Those that can be started here."""
    return list(PORTS) if program() else []


def host(name: str) -> str:
    """As it stands in an image's name."""
    return f"{MACHINE}:{PORTS[name]}"


def login(name: str) -> Login:
    """Who may push and pull. NCR takes the access key of a user; ECR a word made of the account's key, which AWS's emulator gives as a pass."""
    known = yaml.safe_load(SECRETS.read_text(encoding="utf-8"))
    if name == "ncr":
        return known["nhn_access_key_id"], known["nhn_access_key_secret"]
    return "AWS", hmac.new(known["aws_secret_key"].encode(), b"ecr", hashlib.sha256).hexdigest()


def command(name: str) -> list[str]:
    """What starts it, with its settings written."""
    user, password = login(name)
    settings, logins = FOLDER / f"{name}.json", FOLDER / f"{name}.logins"
    files.write(logins, f"{user}:{crypted(password)}\n")
    files.write_json(settings, {
        "version": 0.1, "log": {"level": "warn", "accesslog": {"disabled": True}}, "http": {"addr": host(name)},
        "storage": {"filesystem": {"rootdirectory": str(FOLDER / name)}, "delete": {"enabled": True}},
        "auth": {"htpasswd": {"realm": name, "path": str(logins)}}})
    return [program() or "docker-registry", "serve", str(settings)]


def crypted(password: str) -> str:
    """In bcrypt, the one form that docker-registry reads. By the system's own library: Python has none, and its crypt is going."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype, crypt.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_char_p]
    salt = "$2y$05$" + "".join(secrets.choice(_SALT) for _ in range(22))
    made: bytes | None = crypt(password.encode(), salt.encode())
    if not made or not made.startswith(b"$2y$"):
        raise OSError("libcrypt.so.1 of this machine knows no bcrypt, which docker-registry wants")
    return made.decode()


def ours(image: str) -> str | None:
    """The host of the lab's registry that an image lies in; None for any other place."""
    place = image.partition("/")[0]
    return place if place in map(host, PORTS) else None


def check(place: str, given: Login) -> None:
    """Raises NotLetIn unless the registry at a host takes the log-in."""
    if place not in map(host, PORTS):
        raise NotLetIn(f"pinging container registry {place}: the lab has no such registry")
    asked = urllib.request.Request(f"http://{place}/v2/", headers={"Authorization": f"Basic {base64.b64encode(':'.join(given).encode()).decode()}"})
    try:
        with _opener.open(asked, timeout=10):
            return
    except urllib.error.HTTPError as error:
        raise NotLetIn(f"logging into {place}: invalid username/password ({error.code})") from error
    except OSError as error:
        raise NotLetIn(f"pinging container registry {place}: {error}") from error


def pull(image: str, given: Login | None) -> None:
    """Bring an image of ours to this machine, where hosts and nodes of both sites find it. Raises PodmanError in podman's own words."""
    with tempfile.NamedTemporaryFile("w", prefix="pull.", encoding="utf-8") as logins:      # never in a list of processes
        text = base64.b64encode(":".join(given).encode()).decode() if given else ""
        logins.write(f'{{"auths": {{"{ours(image)}": {{"auth": "{text}"}}}}}}' if given else "{}")
        logins.flush()
        podman("pull", "--quiet", "--tls-verify=false", f"--authfile={logins.name}", image, timeout=PULL_LIMIT)


def names() -> list[str]:
    """Every name of an image on this machine, as it was given."""
    rows = json.loads(podman("images", "--format=json", check=False) or "[]")
    return [name for row in rows for name in row.get("Names") or ()]


def held(image: str) -> bool:
    """Whether it was pulled from here. By its whole name: podman itself takes any image of a digest for it, of whichever registry."""
    return image in names()


def forget() -> int:
    """Take away what was pulled from here; another name of the same image stays. Returns how many names went."""
    pulled = sorted(filter(ours, names()))
    for name in pulled:
        podman("rmi", "--force", name, check=False)
    return len(pulled)
