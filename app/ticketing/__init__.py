# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticketing site: events, seats, purchases. An ordinary web application that knows nothing of Ansible or of clouds.

It knows one thing about disaster recovery: it acknowledges a purchase only while the database it wrote to may take writes
(see ticketing.gate).
"""
