# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Kubernetes of the lab: an API strict enough to be believed, and pods that are real podman containers.

What lives here, from the wire inwards: `server` (HTTPS, bearer token) → `api` (paths, verbs, errors) → `schema`, `defaults`, `rules`
(what an object may look like), `patch`, `ownership` (how it may change) → `store`. Behind the store `controllers` apply the pure
decisions of `rollout`, `jobs`, `quotas` and `autoscale`; `kubelet` makes pods real and probes them; `balancers` makes Services reachable.

What is data only: ClusterIP (no kube-proxy: pods reach each other by address, clients through a LoadBalancer), NetworkPolicy and
PodDisruptionBudget. What is refused rather than pretended: exec, init containers and sidecars, volumes other than
emptyDir, ConfigMap and Secret.
"""
