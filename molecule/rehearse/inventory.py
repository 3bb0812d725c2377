# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that there is: what AWS's account holds, and every container of the lab, which the hosts, databases and applications of both clouds are.
How to speak to AWS comes by standard input.
"""

import json
import subprocess
import sys

import boto3

told = json.load(sys.stdin)


def client(service):
    return boto3.client(service, region_name=told["region"], endpoint_url=told["endpoint_url"], aws_access_key_id=told["access_key"],
                        aws_secret_access_key=told["secret_key"])


rds, ec2 = client("rds"), client("ec2")
print(json.dumps({
    "databases": sorted(each["DBInstanceIdentifier"] for each in rds.describe_db_instances()["DBInstances"]),
    "snapshots": sorted(each["DBSnapshotIdentifier"] for each in rds.describe_db_snapshots()["DBSnapshots"]),
    "parameter_groups": sorted(each["DBParameterGroupName"] for each in rds.describe_db_parameter_groups()["DBParameterGroups"]),
    "machines": sorted(each["InstanceId"] for group in ec2.describe_instances()["Reservations"] for each in group["Instances"]
                       if each["State"]["Name"] != "terminated"),
    "security_groups": sorted(each["GroupId"] for each in ec2.describe_security_groups()["SecurityGroups"]),
    "volumes": sorted(each["VolumeId"] for each in ec2.describe_volumes()["Volumes"]),
    "containers": sorted(subprocess.run(["podman", "ps", "--all", "--filter=label=mcdr.lab", "--format={{.Names}}"], check=True, capture_output=True,
                                        text=True).stdout.split()),
}, sort_keys=True))
