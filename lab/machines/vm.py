# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One machine: its start, its end, and commands in it by ssh. Whatever it writes is gone with it: the disk is shared and only read."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from lab import files
from lab.machines import place
from lab.machines.wires import INSIDE, TAPS
from lab.network import tool

MEMORY_MB, BOOT_SECONDS = 512, 300.0
# A processor without what an emulator does slowly (AVX), with what it takes from the real one (AES).
CPU = "qemu64,+aes,+pclmulqdq,+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+rdrand"
SSH = Path(__file__).with_name("ssh")
MAC = "52:54:00:00:{:02x}:{:02x}"
NETWORK = {
    "nhn": ("link set eth0 up", f"address replace {place.NHN_HOST}/24 dev eth0", f"route replace default via {place.NHN_GATE}"),
    "aws": ("link set eth0 up", f"address replace {place.STANDBY}/24 dev eth0", *(f"address replace {each}/32 dev eth0" for each in place.OUTSIDE),
            "link set eth1 up", f"address replace {place.AWS_HOST}/24 dev eth1", f"route replace default via {place.CONTROLLER}"),
}


class MachineFailed(RuntimeError):
    """A machine did not come up, or a command in it failed; the message has its words."""


def key_pair(path: Path) -> str:
    """An SSH key, made when there is none; its public half as one line."""
    public = path.with_name(f"{path.name}.pub")
    if not public.exists():
        key = ed25519.Ed25519PrivateKey.generate()
        private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption())
        files.write(path, private.decode())
        files.write(public, key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode() + "\n")
    return public.read_text(encoding="utf-8").strip()


def pid(name: str) -> int | None:
    """Its emulator's process, None when it does not run."""
    path = place.HOSTS / name / "pid"
    try:
        number = int(path.read_text(encoding="utf-8"))
        running = b"qemu-system" in Path(f"/proc/{number}/cmdline").read_bytes()
    except (OSError, ValueError):
        return None
    return number if running else None


def start(name: str, boot: Path) -> None:
    """Switch it on, unless it runs; `wait` for it afterwards. boot: see images.ensure."""
    if pid(name):
        return
    told, log = place.HOSTS / name / "told", place.LOG / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    host_key = key_pair(told / "ssh_host_ed25519_key")
    files.write(told / "authorized_keys", key_pair(place.KEY) + "\n", mode=0o644)
    files.write(told / "network", "".join(f"{line}\n" for line in NETWORK[name]), mode=0o644)
    files.write(told / "hostname", f"{name}\n", mode=0o644)
    files.write(place.HOSTS / name / "host_key.pub", host_key)
    disk = place.HOSTS / name / "told.ext4"
    disk.unlink(missing_ok=True)
    tool("mke2fs", "-q", "-t", "ext4", "-F", "-O", "^has_journal", "-d", str(told), str(disk), "4M")
    tool(*emulator(name, boot, disk, log))


def emulator(name: str, boot: Path, disk: Path, log: Path) -> list[str]:
    """The command that switches a machine on. Emulated in software: /dev/kvm is there on machines where nothing boots by it."""
    argv = [*INSIDE, "qemu-system-x86_64", "-name", name, "-accel", "tcg", "-cpu", CPU, "-m", str(MEMORY_MB), "-nodefaults", "-no-reboot",
            "-display", "none", "-serial", f"file:{log}", "-kernel", str(boot / "vmlinuz"), "-initrd", str(boot / "initrd"),
            "-append", "root=/dev/vda rw console=ttyS0 net.ifnames=0 mitigations=off tsc=reliable quiet",
            "-drive", f"file={boot / 'root.ext4'},if=virtio,format=raw,snapshot=on", "-drive", f"file={disk},if=virtio,format=raw,readonly=on",
            "-device", "virtio-rng-pci", "-daemonize", "-pidfile", str(place.HOSTS / name / "pid")]
    for number, (tap, _) in enumerate(TAPS[name]):
        argv += ["-netdev", f"tap,id={tap},ifname={tap},script=no,downscript=no",
                 "-device", f"virtio-net-pci,netdev={tap},mac={MAC.format(list(TAPS).index(name), number)},romfile="]
    return argv


def address(name: str) -> str:
    """Where the controller reaches it."""
    return str(files.read_json(place.WORLD, {}).get("nhn", {}).get("host", {}).get("public", place.FLOATING)) if name == "nhn" else place.STANDBY


def trust() -> None:
    """Write both machines' keys to KNOWN, under the addresses they have now."""
    lines = [f"{address(name)} {(place.HOSTS / name / 'host_key.pub').read_text(encoding='utf-8').strip()}\n" for name in TAPS]
    files.write(place.KNOWN, "".join(lines))


def ssh(name: str, argv: Sequence[str], stdin: str = "", timeout: float = 120) -> str:
    """A command in it, as root. Raises MachineFailed with its words."""
    words = " ".join(_quoted(word) for word in argv)
    options = ("-i", str(place.KEY), "-o", f"UserKnownHostsFile={place.KNOWN}", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10",
               "-o", "ControlMaster=auto", "-o", "ControlPersist=60s", "-o", f"ControlPath={place.MASTERS}/%C")
    place.MASTERS.mkdir(parents=True, exist_ok=True, mode=0o700)
    done = subprocess.run([str(SSH), *options, f"{place.USERS[name]}@{address(name)}", f"sudo {words}"], input=stdin, capture_output=True, text=True,
                          check=False, timeout=timeout)
    if done.returncode:
        raise MachineFailed(f"{name}: {' '.join(argv)[:200]}: {(done.stderr or done.stdout).strip()[-2000:]}")
    return done.stdout


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"


def wait(name: str, seconds: float = BOOT_SECONDS) -> None:
    """Return once it takes commands. Raises MachineFailed with what its console last said."""
    end = time.monotonic() + seconds
    while True:
        try:
            ssh(name, ["true"], timeout=30)
            return
        except (MachineFailed, subprocess.TimeoutExpired) as error:
            if time.monotonic() > end or not pid(name):
                log = place.LOG / f"{name}.log"
                raise MachineFailed(f"{name} did not come up within {seconds:.0f} s: {error}\nIts console's last lines ({log}):\n"
                                    f"{files.tail(log, 10)}") from error
            time.sleep(0.5)


def stop() -> None:
    """Switch both off, as a power cut does."""
    for name in TAPS:
        if number := pid(name):
            os.kill(number, signal.SIGKILL)
            while Path(f"/proc/{number}").exists() and pid(name):
                time.sleep(0.05)
    shutil.rmtree(place.HOSTS, ignore_errors=True)
