# Copyright (c) 2026, the multicloud.dr contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What every dashboard here is made of: three kinds of panels, each with a unit and a sentence, and one data source that whoever looks chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.builders.common import ReduceDataOptions
from grafana_foundation_sdk.models import common, dashboard

# Grafana's own names of units. What has none is counted.
COUNTED, YES_NO, SECONDS, PER_SECOND, REQUESTS, SHARE, BYTES, AGO = (
    "none", "bool_yes_no", "s", "ops", "reqps", "percentunit", "bytes", "dateTimeFromNow")
UNITS = {COUNTED, YES_NO, SECONDS, PER_SECOND, REQUESTS, SHARE, BYTES, AGO}
SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${source}")
# A query and how its lines are called.
Query = tuple[str, str]
GOOD, BAD, PLAIN = "green", "red", "blue"
Panel = stat.Panel | statetimeline.Panel | timeseries.Panel


def number(title: str, told: str, unit: str, *queries: Query, wide: int = 4, words: Mapping[str, tuple[str, str]] | None = None,
           limits: Sequence[tuple[float, str]] = (), names: bool = False, nothing: str = "not known") -> stat.Panel:
    """How something is now. words: what a value is called, and its colour; limits: from which value on another colour counts;
    names: what has a value is named, not the value itself; nothing: what stands there when there is none."""
    panel = stat.Panel().height(5).span(wide).reduce_options(ReduceDataOptions().calcs(["lastNotNull"]).values(False)).no_value(nothing)
    panel.graph_mode(common.BigValueGraphMode.NONE).color_mode(common.BigValueColorMode.VALUE)
    panel.text_mode(common.BigValueTextMode.NAME if names else common.BigValueTextMode.AUTO)
    _colours(panel, limits)
    if words:
        panel.mappings([_words(words)])
    return _asked(panel, title, told, unit, queries, instant=True)


def lines(title: str, told: str, unit: str, *queries: Query, wide: int = 12, limits: Sequence[tuple[float, str]] = ()) -> timeseries.Panel:
    """How something went."""
    panel = timeseries.Panel().height(8).span(wide).line_width(1.5).fill_opacity(5).show_points(common.VisibilityMode.NEVER).axis_soft_min(0)
    _colours(panel, limits)
    return _asked(panel, title, told, unit, queries)


def states(title: str, told: str, unit: str, *queries: Query, wide: int = 24, words: Mapping[str, tuple[str, str]]) -> statetimeline.Panel:
    """When it was how."""
    panel = statetimeline.Panel().height(6).span(wide).show_value(common.VisibilityMode.NEVER).mappings([_words(words)])
    return _asked(panel, title, told, unit, queries)


def board(uid: str, title: str, told: str, *rows: tuple[str, Sequence[Panel]], span: str = "now-1h", refresh: str = "10s") -> dict[str, Any]:
    """A dashboard as Grafana reads it. rows: a heading and its panels. span: how far back it looks at first."""
    made = build.Dashboard(title).uid(f"multicloud-dr-{uid}").description(told).tags(["multicloud.dr"]).timezone("browser").readonly()
    made.time(span, "now").refresh(refresh).tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
    made.with_variable(build.DatasourceVariable("source").label("Seen from").type("prometheus"))
    made.link(build.DashboardLink("multicloud.dr").type(dashboard.DashboardLinkType.DASHBOARDS).tags(["multicloud.dr"]).as_dropdown(True)
              .include_vars(True).keep_time(True))
    at = 0
    for heading, panels in rows:
        at += 1
        made.with_row(build.Row(heading).id(at))
        for panel in panels:
            at += 1
            made.with_panel(panel.id(at))
    whole: dict[str, Any] = made.build().to_json()
    return whole


def _asked(panel: Any, title: str, told: str, unit: str, queries: Sequence[Query], *, instant: bool = False) -> Any:
    panel.title(title).description(told).unit(unit).datasource(SOURCE)
    for at, (query, name) in enumerate(queries):
        asked = prometheus.Dataquery().expr(query).legend_format(name).ref_id("ABCDEFGH"[at]).datasource(SOURCE)
        panel.with_target(asked.instant() if instant else asked.range())
    return panel


def _colours(panel: Any, limits: Sequence[tuple[float, str]]) -> None:
    base = dashboard.Threshold(value=None, color=GOOD if limits else PLAIN)
    steps = [base, *(dashboard.Threshold(value=value, color=colour) for value, colour in limits)]
    panel.thresholds(build.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps))


def _words(words: Mapping[str, tuple[str, str]]) -> dashboard.ValueMap:
    return dashboard.ValueMap(options={value: dashboard.ValueMappingResult(text=text, color=colour, index=at)
                                       for at, (value, (text, colour)) in enumerate(words.items())})
