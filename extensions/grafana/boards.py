# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The dashboards. `python -m extensions.grafana.boards` writes them into dashboards/, and a test holds that what lies there is what this makes.

They ask for what agents, backups, the application, clouds and Debian's exporters tell, and what Prometheus says itself, and for nothing else. A
figure that is not known is not exported, so a panel without data says "not known" and not 0.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from extensions.grafana.parts import AGO, BAD, BYTES, COUNTED, GOOD, PER_SECOND, PLAIN, REQUESTS, SECONDS, SHARE, YES_NO, board, lines, number, states

WHERE = Path(__file__).with_name("dashboards")
WRITES = {"1": ("writes", GOOD), "0": ("does not write", PLAIN)}
ANSWERS = {"1": ("answers", GOOD), "0": ("silent", BAD)}
FINE = {"1": ("yes", GOOD), "0": ("no", BAD)}
TROUBLE = {"1": ("yes", BAD), "0": ("no", GOOD)}
CARRIES = {"1": ("carries", GOOD), "0": ("carries nothing", BAD)}
SITE, DAY = "{{site}}", 86400.0


def glance() -> dict[str, Any]:
    """What somebody who comes in wants to know first."""
    return board(
        "glance", "Two clouds at a glance", "Who writes, whether the other site would take over, and what is wrong.",
        ("Now", (
            number("Who writes", "The site whose gate is open: nobody else sells.", COUNTED, ("multicloud_dr_writer == 1", SITE), names=True,
                   nothing="nobody"),
            number("Agents", "Whether each site's agent answers the Prometheus that is asked here.", YES_NO,
                   ('up{job="multicloud_dr_agent"}', SITE), words=ANSWERS),
            number("Would take over", "Whether the site that stands by would become the writer, were the writer lost now.", YES_NO,
                   ("multicloud_dr_would_take_over", SITE), words=FINE),
            number("Would be lost", "How much of the newest sales would be lost, were the writer lost now.", SECONDS, ("dr_rpo_seconds", SITE),
                   limits=((5, "orange"), (30, BAD))),
            number("Members in step", "How many members keep the record of who may write, as each site sees them; sales need two of three.", COUNTED,
                   ("multicloud_dr_members_in_step", SITE), limits=((0, BAD), (2, "orange"), (3, GOOD))),
            number("Alerts", "How many alerts are firing at this moment.", COUNTED, ('count(ALERTS{alertstate="firing"}) or vector(0)', "firing"),
                   limits=((1, BAD),)),
        )),
        ("Since then", (
            states("Writer", "When each site's gate was open; the two are never green together.", YES_NO, ("multicloud_dr_writer", SITE),
                   words=WRITES),
            states("Front doors", "When users who are led to a site were answered by its edge.", YES_NO, ("multicloud_dr_edge_answers", SITE),
                   words=ANSWERS),
            states("The way between", "When the other site's host answered each site over the link.", YES_NO, ("multicloud_dr_link_answers", SITE),
                   words=ANSWERS),
            states("What agents concluded", "Which verdict each site's agent had come to; NORMAL and WRITER_HERE ask for nothing.", COUNTED,
                   ("multicloud_dr_verdict", "{{site}}: {{verdict}}"), words={"1": ("concluded", PLAIN)}),
            states("Maintenance", "When a site was told to take nothing over.", YES_NO, ("multicloud_dr_maintenance", SITE),
                   words={"1": ("in maintenance", "orange"), "0": ("on duty", GOOD)}),
        )),
        ("Room, at the site that is asked", (
            number("Front doors", "Whether each site's front door answers who knocks at it from here, as users do.", YES_NO,
                   ('probe_success{job="door"}', SITE), wide=8, words=ANSWERS),
            number("Disk", "How much of the disk of this site's host is left.", SHARE,
                   ('node_filesystem_avail_bytes{mountpoint="/"} / node_filesystem_size_bytes', SITE), wide=8,
                   limits=((0, BAD), (0.1, "orange"), (0.2, GOOD))),
            number("Connections", "Which share of the connections that this site's database takes are in use.", SHARE,
                   ("mysql_global_status_threads_connected / mysql_global_variables_max_connections", SITE), wide=8,
                   limits=((0.6, "orange"), (0.8, BAD))),
        )))


def replication() -> dict[str, Any]:
    """How equal the copy is, and how that is known."""
    return board(
        "replication", "Replication and RPO", "How far the copy is behind, whether it is proven equal, and what there is when both are gone.",
        ("Now", (
            number("Would be lost", "Age of the writer's newest heartbeat in the copy, with the clocks' difference and its bound added.", SECONDS,
                   ("dr_rpo_seconds", SITE), limits=((5, "orange"), (30, BAD))),
            number("Worst of an hour", "The most that would have been lost at any moment of the last hour.", SECONDS,
                   ("max_over_time(dr_rpo_seconds[1h])", SITE), limits=((5, "orange"), (30, BAD))),
            number("Follows", "Whether the database that stands by follows the writer's.", YES_NO, ("multicloud_dr_copy_follows", SITE), words=FINE),
            number("Sold once only", "Whether what a site sells exists at that site alone.", YES_NO, ("multicloud_dr_unprotected", SITE),
                   words=TROUBLE),
            number("Proven equal", "Whether the last comparison found every row equal; without one that counts, no.", YES_NO,
                   ("dr_compared_equal", SITE),
                   words=FINE),
            number("Proof", "How long ago that comparison began.", SECONDS, ("dr_compared_age_seconds", SITE), limits=((8 * DAY, "orange"),)),
        )),
        ("Since then", (
            lines("Would be lost", "Seconds of sales that the loss of the writer would have cost at each moment; an agent promotes nothing above 30.",
                  SECONDS, ("dr_rpo_seconds", SITE), limits=((30, BAD),)),
            lines("Heartbeat", "Age of the writer's newest heartbeat as each database holds it.", SECONDS, ("multicloud_dr_gate_age_seconds", SITE)),
            lines("Heartbeats written", "How many heartbeats a second the writer's agent writes; four where it is well.", PER_SECOND,
                  ("rate(multicloud_dr_gate_beats_total[$__rate_interval])", SITE)),
            lines("Clocks", "The writer's database clock less the one here, and how wrong that can be; the gate bears a second of it.", SECONDS,
                  ("dr_clock_offset_seconds", "{{site}}: apart"), ("dr_clock_offset_bound_seconds", "{{site}}: wrong by")),
        )),
        ("Backups", (
            number("Newest good one", "Age of the newest good backup that each site made; whichever site writes makes one a day.", SECONDS,
                   ("time() - multicloud_dr_backup_last_success_seconds", SITE), wide=6, limits=((1.5 * DAY, BAD),)),
            number("Last run", "Whether the last run at each site made a backup, or rightly made none.", YES_NO,
                   ("multicloud_dr_backup_last_run_ok", SITE),
                   wide=6, words=FINE),
            number("Restored", "How long ago a backup was restored and proven equal last.", SECONDS,
                   ("time() - multicloud_dr_backup_restore_proven_seconds", SITE), wide=6, limits=((15 * DAY, BAD),)),
            number("Size", "How large the newest good backup is as it is stored.", BYTES, ("multicloud_dr_backup_last_bytes", SITE), wide=6),
        )))


def tunnels() -> dict[str, Any]:
    """The two ways between the clouds."""
    return board(
        "tunnels", "Tunnels", "Whether packets come back through each tunnel, and what that does to the copy.",
        ("Now", (
            number("Tunnels", "Whether a packet came back through each tunnel at the last look.", YES_NO,
                   ("multicloud_dr_tunnel_carries", "{{tunnel}}"), wide=8, words=CARRIES),
            number("The other host", "Whether the other site's host answers each site over the link.", YES_NO, ("multicloud_dr_link_answers", SITE),
                   wide=8,
                   words=ANSWERS),
            number("Time carried", "For which share of the time that is shown each tunnel carried packets.", SHARE,
                   ("avg_over_time(multicloud_dr_tunnel_carries[$__range])", "{{tunnel}}"), wide=8, limits=((0, BAD), (0.999, GOOD))),
        )),
        ("Since then", (
            states("Tunnels", "When packets came back through each tunnel; AWS replaces one at a time for its own maintenance.", YES_NO,
                   ("multicloud_dr_tunnel_carries", "{{tunnel}}"), words=CARRIES),
            states("The other host", "When each site reached the other's host, whichever tunnel led there.", YES_NO,
                   ("multicloud_dr_link_answers", SITE),
                   words=ANSWERS),
            lines("Changes", "How often each tunnel came or went in the ten minutes before: a tunnel that flaps is worse than one that is down.",
                  COUNTED,
                  ("changes(multicloud_dr_tunnel_carries[10m])", "{{tunnel}}")),
            lines("Would be lost", "What the copy lacked at each moment, which grows while no tunnel carries.", SECONDS, ("dr_rpo_seconds", SITE)),
        )), span="now-6h", refresh="30s")


def sale() -> dict[str, Any]:
    """What visitors get. Of the copies of the application that Prometheus can ask one by one."""
    per = "[$__rate_interval]"
    return board(
        "sale", "The sale", "Requests, how long they take, and seats sold, by the copies of the application that are asked directly.",
        ("Now", (
            number("Who sells", "The site whose gate is open.", COUNTED, ("multicloud_dr_writer == 1", SITE), names=True, nothing="nobody"),
            number("Copies", "How many copies of the application answer Prometheus at each site.", COUNTED,
                   ('count by (site) (up{job="ticketing"} == 1)', SITE),
                   nothing="none is asked"),
            number("Seats", "Seats sold a second, as they are sold now.", PER_SECOND,
                   (f'sum(rate(ticketing_purchases_total{{outcome="sold"}}{per}))', "sold")),
            number("Requests", "Requests answered a second at each site.", REQUESTS, (f"sum by (site) (rate(ticketing_requests_total{per}))", SITE)),
            number("Slowest of a hundred", "Time within which ninety-nine of a hundred requests are answered.", SECONDS,
                   (f"histogram_quantile(0.99, sum by (le, site) (rate(ticketing_request_seconds_bucket{per})))", SITE),
                   limits=((0.5, "orange"), (2, BAD))),
            number("At work", "Requests that are being answered at this moment.", COUNTED, ("sum by (site) (ticketing_requests_running)", SITE)),
        )),
        ("Since then", (
            lines("Requests", "Requests answered a second, by what was answered: 5xx is trouble, 503 while no site sells is the waiting page.",
                  REQUESTS,
                  (f"sum by (site, status) (rate(ticketing_requests_total{per}))", "{{site}}: {{status}}")),
            lines("How long they take", "Time within which half and ninety-nine of a hundred requests were answered.", SECONDS,
                  (f"histogram_quantile(0.5, sum by (le, site) (rate(ticketing_request_seconds_bucket{per})))", "{{site}}: half"),
                  (f"histogram_quantile(0.99, sum by (le, site) (rate(ticketing_request_seconds_bucket{per})))", "{{site}}: 99 of 100")),
            lines("Wishes for a seat", "What became of wishes for a seat, a second: sold, answered again, or why not.", PER_SECOND,
                  (f"sum by (outcome) (rate(ticketing_purchases_total{per}))", "{{outcome}}")),
            lines("What buyers were promised", "Purchases acknowledged a second: held by both sites, or by one and why.", PER_SECOND,
                  (f"sum by (ack, why) (rate(ticketing_acknowledgements_total{per}))", "{{ack}}: {{why}}")),
            lines("Connections", "Connections to the database that are in use, over all copies of a site; a copy at its limit makes visitors wait.",
                  COUNTED,
                  ("sum by (site) (ticketing_database_connections_used)", SITE)),
            lines("Copies", "Copies of the application that answered Prometheus, as the group grows and shrinks.", COUNTED,
                  ('count by (site) (up{job="ticketing"} == 1)', SITE)),
            states("Front doors", "When users who are led to a site were answered by its edge.", YES_NO, ("multicloud_dr_edge_answers", SITE),
                   wide=12,
                   words=ANSWERS),
        )),
        ("What the cloud knows, of the site that is asked", (
            lines("Scaler of pods", "Copies of the application that run on the cluster, that its scaler wants, and the most it may run.", COUNTED,
                  ("multicloud_dr_cloud_scaler_replicas", "{{scaler}}: {{what}}")),
            lines("Pods' processors", "Processors that the application's pods use together, as the cluster measures them.", COUNTED,
                  ("multicloud_dr_cloud_pods_cpu_cores", SITE)),
            lines("Behind the load balancer", "Machines behind the cloud's load balancer, by whether it finds them healthy.", COUNTED,
                  ("multicloud_dr_cloud_targets", "{{site}}: {{state}}")),
            lines("The database's processors", "How busy the database is, as its cloud measures it; the newest value may be minutes old.", SHARE,
                  ('multicloud_dr_cloud_measure{of="database", measure=~"CPU.+"} / 100', SITE)),
        )))


def drills() -> dict[str, Any]:
    """What was rehearsed, and what a switch does to everything else. A drill's own figures stand in its report."""
    return board(
        "drills", "Drills",
        "When the service moved last, and what could be seen of it. Outage and loss as a buyer meets them stand in each drill's report.",
        ("Now", (
            number("Last switch", "When a switch to each site was finished last; a drill is one.", AGO,
                   ("multicloud_dr_switched_timestamp_seconds * 1000", SITE), wide=6, nothing="never"),
            number("Reign", "Epoch of the record: every change of the writer adds one.", COUNTED, ("multicloud_dr_record_epoch", SITE), wide=6),
            number("Would take over", "Whether a drill would succeed now: the site that stands by would become the writer.", YES_NO,
                   ("multicloud_dr_would_take_over", SITE), wide=6, words=FINE),
            number("Journal", "What does not hold in the journal of switches at each site.", COUNTED, ("multicloud_dr_journal_faults", SITE), wide=6,
                   limits=((1, BAD),)),
        )),
        ("Since then", (
            states("Writer", "When each site's gate was open: a gap is the outage as the databases saw it.", YES_NO, ("multicloud_dr_writer", SITE),
                   words=WRITES),
            states("Would take over", "When the site that stood by would have become the writer.", YES_NO, ("multicloud_dr_would_take_over", SITE),
                   words=FINE),
            lines("Record unchanged",
                  "Seconds for which each site has watched the record without a change; past its time to live the other may take it.",
                  SECONDS, ("multicloud_dr_record_unchanged_seconds", SITE)),
            lines("Renewals", "How often a second the writer's agent renews the record.", PER_SECOND,
                  ("rate(multicloud_dr_record_renewals_total[$__rate_interval])", SITE)),
            lines("Reigns", "Epoch of the record over time: each step is a change of the writer.", COUNTED, ("multicloud_dr_record_epoch", SITE)),
            lines("Unguarded tables", "Application tables that take writes while the gate is shut; a switch with any of them is not safe.", COUNTED,
                  ("multicloud_dr_ungated_tables", SITE)),
            lines("Readiness", "Points of 100, as each site's agent weighs both sites once a minute; below 70 somebody is told.", COUNTED,
                  ("multicloud_dr_readiness_score", SITE), limits=((0, BAD), (70, "orange"), (90, GOOD))),
            lines("What is missing", "Points that are missing, by what for; status.yml and the console say what mends each.", COUNTED,
                  ("max by (reason) (multicloud_dr_readiness_missing)", "{{reason}}")),
        )), span="now-3h")


BOARDS = {"glance": glance, "replication": replication, "tunnels": tunnels, "sale": sale, "drills": drills}


def made() -> Iterator[tuple[Path, str]]:
    """Each file and what belongs into it."""
    for name, build in BOARDS.items():
        yield WHERE / f"{name}.json", json.dumps(build(), cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    WHERE.mkdir(exist_ok=True)
    for path, text in made():
        path.write_text(text, encoding="utf-8")
