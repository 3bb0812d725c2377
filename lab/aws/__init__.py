# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS's control plane in the lab: moto, made as slow and as complete as this project needs it.

Each file mends one thing moto leaves out or is too kind about; whatever is not mentioned here is moto's own behaviour.
`python -m lab.aws` serves it; the materialiser tells it what became real through `PUT /_lab/observed`.
"""
