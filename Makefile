# The only door: people, hooks and CI all come in here. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PY := .venv/bin/python
N ?= 20
export PATH := $(CURDIR)/.venv/bin:$(PATH)
APT := python3-venv podman runc catatonit debootstrap apt-cacher-ng nftables iproute2 openssh-client age skopeo apache2-utils librsvg2-bin fonts-dejavu-core
# What emulates a machine with a kernel of its own: for the story vpn_gateway_kernel and its figures, and nothing else.
EMULATOR := qemu-system-x86 e2fsprogs

.PHONY: help setup demo test check docs stories bench bench-db bench-switch bench-vpn bench-vpn-kernel emulator bench-see bench-ack dashboards faults release down clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s "$$(printf '\t')"

# The lab runs apt-cacher-ng by itself, on an address of its own; the package's service would listen everywhere on the same port.
setup: .venv/.ready ## Install system packages (as root), .venv and collections; safe to repeat
	@missing=$$(for package in $(APT); do \
	  [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || echo $$package; done); \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" != 0 ]; then echo "setup: not root, and these packages are missing: $$missing. Run 'sudo make setup'." >&2; exit 1; fi; \
	  case "$$missing" in *apt-cacher-ng*) if [ -d /run/systemd/system ]; then systemctl --quiet mask apt-cacher-ng.service; fi;; esac; \
	  echo "setup: installing $$missing" | tr '\n' ' '; echo; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

emulator: setup ## Install what emulates machines (as root), for the story vpn_gateway_kernel and bench-vpn-kernel only
	@missing=$$(for package in $(EMULATOR); do \
	  [ "$$(dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null)" = installed ] || echo $$package; done); \
	if [ -n "$$missing" ]; then \
	  if [ "$$(id -u)" != 0 ]; then echo "emulator: not root, and these packages are missing: $$missing. Run 'sudo make emulator'." >&2; exit 1; fi; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$missing >/dev/null; \
	fi

# Of Debian's packages the tests want a program or two each; installed as packages they would bring servers that listen everywhere.
.venv/bin/promtool .venv/bin/prometheus: package := prometheus
.venv/bin/amtool: package := prometheus-alertmanager
.venv/bin/etcd: package := etcd-server
.venv/bin/etcdctl: package := etcd-client
.venv/bin/docker-registry: package := docker-registry
TOOLS := $(addprefix .venv/bin/,promtool prometheus amtool etcd etcdctl docker-registry)
$(TOOLS): | setup
	@echo "setup: taking $(@F) out of Debian's package $(package)"
	@fetched=$$(mktemp -d); trap 'rm -rf "$$fetched"' EXIT; cd "$$fetched"; \
	apt-get download -qq $(package) 2>/dev/null || { apt-get update -qq; apt-get download -qq $(package); }; \
	dpkg-deb --fsys-tarfile $(package)_*.deb | tar -x ./usr/bin/$(@F); \
	install -m 755 usr/bin/$(@F) "$(CURDIR)/$@"

# The Groovy of Jenkins, 2.4, which reads its scripts; it wants a Java, and the tests that use it say so where there is none.
GROOVY := .venv/share/groovy-all.jar
$(GROOVY): | setup
	@echo "setup: taking $(@F) out of Debian's package groovy"
	@fetched=$$(mktemp -d); trap 'rm -rf "$$fetched"' EXIT; cd "$$fetched"; \
	apt-get download -qq groovy 2>/dev/null || { apt-get update -qq; apt-get download -qq groovy; }; \
	dpkg-deb --fsys-tarfile groovy_*.deb | tar -x --wildcards './usr/share/java/groovy-all-2.4.*.jar'; \
	mkdir -p "$(CURDIR)/$(@D)"; install -m 644 usr/share/java/groovy-all-2.4.*.jar "$(CURDIR)/$@"

.venv/.ready: requirements.txt app/requirements.txt
	@if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then echo "setup: Python 3.11 or newer is needed" >&2; exit 1; fi
	@if ! python3 -c 'import ensurepip' 2>/dev/null; then \
	  if [ "$$(id -u)" != 0 ]; then echo "setup: python3-venv is missing. Run 'sudo make setup'." >&2; exit 1; fi; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends python3-venv >/dev/null; \
	fi
	@echo "setup: installing Python packages into .venv (about a minute the first time)"
	@python3 -m venv .venv
	@.venv/bin/pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@touch $@

demo: ## Build both clouds in a box, lose one, and see the service survive
	@started=$$(date +%s.%N); $(MAKE) --no-print-directory setup; $(PY) -m bench.site demo --since "$$started"

test: setup $(TOOLS) $(GROOVY) ## Everything CI wants: lint, every test, 2,000 simulated fault schedules, and the stories default and db_replica
	$(PY) -m tests.suite

check: setup $(TOOLS) $(GROOVY) ## The fast part of `make test`: offline, a few minutes
	$(PY) -m tests.suite --fast

stories: emulator .venv/bin/docker-registry ## Every molecule story, and the tests that build whole sites against emulators (hours)
	$(PY) -m tests.suite --stories

bench: emulator ## Measure everything (many hours, root); leaves build/bench/*.json
	$(PY) -m bench.site measure
	$(PY) -m bench.site nhn
	$(PY) -m lab down
	$(PY) -m bench.db
	$(PY) -m bench.sync_roundtrip
	$(PY) -m bench.nhn
	$(PY) -m bench.vpn --build
	$(PY) -m bench.vpn --machines --build
	$(PY) -m lab.machines down
	$(PY) -m bench.ack
	$(PY) -m lab down
	$(PY) -m bench.switch kills --count $(N)
	$(PY) -m bench.agent
	$(PY) -m bench.switch moves
	$(PY) -m bench.switch schedules --count $(N)
	$(PY) -m bench.switch simulated
	$(PY) -m bench.see

bench-db: setup ## Measure copying, comparing, replicating and the gate alone, against peers (a quarter of an hour)
	$(PY) -m bench.db

bench-switch: setup ## Lose NHN N times (20) in each timing profile while people buy; leaves build/bench/switch.json (an hour)
	$(PY) -m bench.switch kills --count $(N)
	$(PY) -m bench.agent

bench-vpn: setup ## Cut each of N (20) tunnels under a flow of packets, change both, and weigh encryption; leaves docs/figures/vpn.json and prints the cuts
	$(PY) -m bench.vpn --build --cuts $(N) --publish

bench-vpn-kernel: emulator ## The same N cuts in the kernel's data plane, between two emulated machines; adds to docs/figures/vpn.json
	$(PY) -m bench.vpn --machines --build --cuts $(N) --publish
	$(PY) -m lab.machines down

bench-ack: setup ## What waiting for the standby costs a purchase, beside not waiting and beside a cut link; leaves build/bench/app.json (five minutes, root)
	$(PY) -m bench.ack

bench-see: setup ## From a fault to its alert, with the real Prometheus and Alertmanager; leaves build/bench/see.json (three quarters of an hour, root)
	$(PY) -m bench.see

docs: setup ## Write docs/reference/ anew from what modules and roles say of themselves
	$(PY) -m extensions.reference.pages

dashboards: setup ## Write extensions/grafana/dashboards/*.json anew from extensions/grafana/boards.py
	$(PY) -m extensions.grafana.boards

release: setup ## A release up to where it would be published: archive, checksum, changelog and bill of materials in build/release (minutes, PyPI)
	$(PY) -m extensions.release

faults: setup ## Play N (20) random schedules of faults on real processes, and judge each; leaves build/bench/switch.json
	$(PY) -m bench.switch schedules --count $(N)

down: ## Take the lab down; nothing is left but the image cache
	@if [ -x $(PY) ]; then $(PY) -m lab down; else echo "down: this clone has no .venv, so it never had a lab"; fi

clean: down ## Also remove .venv and build/
	rm -rf .venv build
