# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Writes the application's environment file: its settings, and its secrets as the instance's own role may read them. Lets podman pull its image.

Runs at every start, as root. Nothing it reads is kept on the disk: the environment file lies in memory.
"""

import base64
import json
import os
import subprocess
import sys

import boto3


def main(told, environment):
    """told: file with region, endpoint_url, parameter, version, registry and settings; environment: the file to write."""
    with open(told, encoding="utf-8") as file:
        told = json.load(file)

    def client(service):
        return boto3.client(service, region_name=told["region"], endpoint_url=told["endpoint_url"] or None)

    name = f"{told['parameter']}:{told['version']}"
    secrets = json.loads(client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])
    descriptor = os.open(environment, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{key}={value}\n" for key, value in sorted({**told["settings"], **secrets}.items()))
    if told["registry"]:
        log_in(client("ecr"), told["registry"])


def log_in(ecr, registry):
    """ECR's pass is good for twelve hours, so one is asked for at every start."""
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _unused, password = base64.b64decode(token).decode().partition(":")
    subprocess.run(["podman", "login", "--username", user, "--password-stdin", registry], input=password, text=True, check=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
