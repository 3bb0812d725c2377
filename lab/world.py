# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where everything in the lab is: addresses, ports and files. Constants and paths only; nothing here acts."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "lab"
RUN = BUILD / "run"                 # <name>.pid of each lab process
LOG = BUILD / "log"                 # <name>.log of each lab process
SECRETS = BUILD / "secrets.yml"
SSH_KEY = BUILD / "ssh" / "id_ed25519"
TLS = BUILD / "tls"                 # ca.crt, server.crt, server.key: the certificate of PUBLIC_NAME
KUBE = BUILD / "kube"               # ca.crt, server.crt, server.key, token
NAMES = BUILD / "names.json"        # {dns name: ipv4}, written by lab.materialise, read by lab.dns
REQUESTS = BUILD / "requests"       # aws.jsonl, nhn.jsonl: one line per control-plane request
HEALTH = BUILD / "health.json"      # {health check id: state}, written by lab.dns
FAULTS = BUILD / "faults.json"      # {fault name: details} now in force, written by `lab break` and `lab mend`
BACKUPS = BUILD / "backups"         # <backup id>.tar.gz and .json: physical backups of NHN's databases
OBJECTS = BUILD / "objects"         # bodies of objects in NHN's Object Storage
HOSTS = BUILD / "hosts"             # <container>/: bind mounts of a host

# The network that stands for the internet. RFC 5737 documentation range: never a real peer's address.
INTERNET_NETWORK = "lab-internet"
INTERNET_CIDR = "198.51.100.0/24"
MACHINE = "198.51.100.254"           # this machine on that network; every lab service listens here and nowhere else
CHECKERS = "198.51.100.250"          # and where Route 53's health checkers come from
THIRD_PLACE = "198.51.100.10"
NHN_ROUTER = "198.51.100.20"
AWS_ROUTER = "198.51.100.30"
NHN_FLOATING = ("198.51.100.100", "198.51.100.149")
AWS_PUBLIC = ("198.51.100.150", "198.51.100.179")
VPN_OUTSIDE = ("198.51.100.200", "198.51.100.219")
AWS_LOAD_BALANCERS = ("198.51.100.220", "198.51.100.239")
# In which country an address lies, as nothing else tells it here: users and both clouds in Korea, the third place and the checkers elsewhere.
COUNTRIES = {f"{THIRD_PLACE}/32": "JP", f"{CHECKERS}/32": "US", INTERNET_CIDR: "KR"}

PUBLIC_NAME = "tickets.lab.test"    # what the accounts have a certificate for before anything is built, as its owner asks for one once

AWS_PORT = 4566
NHN_PORT = 5000
KUBERNETES_PORT = 6443
DNS_PORT = 53
APT_PORT = 3142
NCR_PORT = 5001                     # the registries behind the control planes of NCR and of ECR
ECR_PORT = 5002

AWS_URL = f"http://{MACHINE}:{AWS_PORT}"
NHN_URL = f"http://{MACHINE}:{NHN_PORT}"
KUBERNETES_URL = f"https://{MACHINE}:{KUBERNETES_PORT}"
AWS_REGION = "ap-northeast-2"
NHN_REGION = "KR1"

PROCESSES = ("aws", "nhn", "kubernetes", "dns", "materialise")   # started in this order as `python -m lab.<name>`

LABEL = "mcdr.lab"                  # on every container and network: the clone that owns it
LABEL_SITE = "mcdr.site"            # nhn | aws | third: dies with that site
LABEL_KIND = "mcdr.kind"            # host | router | vgw | mysql | lb | pod | sibling
