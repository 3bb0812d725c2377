# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Both gateways as small virtual machines on Debian's own kernel, which has ESP and XFRM interfaces: the kernel's data plane is run for real.

NHN's management host and AWS's virtual private gateway, which is AWS's standby host too; nothing else of either cloud. They are emulated in software
(qemu's TCG): slow, and the same on every machine. Their network is a namespace of their own, without a way out, that shares nothing with the
container lab's: both may be up at once.
"""
