# SPDX-License-Identifier: BSD-2-Clause
"""The results as SVG: bars of the contestants side by side."""

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.fonttype"] = "none"  # text stays text
matplotlib.rcParams["svg.hashsalt"] = "bench"  # the same names each time

from matplotlib import pyplot  # noqa: E402

from suite import counts, loads, out  # noqa: E402
from suite.report import NAMES, contestants_of  # noqa: E402

COLOURS = {"thimble": "#1b6ca8", "linux": "#d98e04", "thimble_kvm": "#3aa17e", "host_tap": "#8a8f98",
           "host": "#c3c7cd"}
BAR = 0.8  # of the room of a group


def bars(name, title, axis, groups):
    """groups: {title: {contestant: value}}; a logarithmic axis, as they differ by far."""
    names = contestants_of(groups)
    height = BAR / len(names)
    figure, axes = pyplot.subplots(figsize=(9, 1.6 + 0.2 * len(names) * len(groups)))
    for i, contestant in enumerate(names):
        at = [row + (i - (len(names) - 1) / 2) * height for row in range(len(groups))]
        values = [values.get(contestant, float("nan")) for values in groups.values()]
        drawn = axes.barh(at, values, height * 0.9, label=NAMES[contestant],
                          color=COLOURS[contestant])
        axes.bar_label(drawn, [f"{v:,.0f}" if v == v else "" for v in values], padding=3, fontsize=7)
    axes.set_yticks(range(len(groups)), list(groups), fontsize=8)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.margins(x=0.12, y=0.01)
    axes.set_xlabel(axis)
    axes.set_title(title, fontsize=10)
    figure.legend(fontsize=8, frameon=False, loc="upper center", ncol=len(names),
                  bbox_to_anchor=(0.5, 0))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(out(name), bbox_inches="tight", metadata={"Date": None})
    pyplot.close(figure)


def draw(results):
    """Write the plots; their paths."""
    rates = {loads.TITLES[load]: {c: row[c]["per_s"] for c in row}
             for load, row in results["loads"].items()}
    bars("rates.svg", "Answers per second", "per second, logarithmic", rates)
    insn = {title: {c: results["insn"][c][row]["insn"] for c in ("thimble", "linux")
                    if row in results["insn"].get(c, {})}
            for row, title in counts.TITLES.items()}
    bars("insn.svg", "Guest instructions per request", "instructions, logarithmic",
         {title: values for title, values in insn.items() if values})
    return [out("rates.svg"), out("insn.svg")]
