"""Bars and lines as SVG files, readable on a light and on a dark page."""

import math
from html import escape

STYLE = """<style>
text{font:13px system-ui,sans-serif;fill:#1f2328}.title{font-weight:600;font-size:15px}.small{font-size:11px;fill:#59636e}
.ours{fill:#2f6fde;stroke:#2f6fde}.peer{fill:#8c959f;stroke:#8c959f}.limit{fill:#c9d1d9;stroke:#c9d1d9}.grid{stroke:#d1d9e0}
.range{stroke:#1f2328;stroke-width:1.5}.line{fill:none;stroke-width:2}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.small{fill:#9198a1}.limit{fill:#3d444d;stroke:#3d444d}.grid{stroke:#3d444d}.range{stroke:#f0f6fc}
.ours{fill:#5b93f5;stroke:#5b93f5}}
</style>"""
WIDTH, LEFT, RIGHT, ROW = 860, 330, 130, 26


def short(value):
    """1,234,567 as 1.2M; three digits say enough on a plot."""
    for size, mark in [(1e6, "M"), (1e3, "k")]:
        if value >= size:
            return f"{value / size:.3g}{mark}"
    return f"{value:.3g}"


def page(title, unit, height, parts):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">'
    words = f'<text x="10" y="24" class="title">{escape(title)}</text><text x="10" y="42" class="small">{escape(unit)}</text>'
    return "\n".join([head, STYLE, words, *parts, "</svg>"]) + "\n"


def bars(title, unit, rows):
    """`rows`: (label, class, median, least, most). The axis is logarithmic: the contenders differ by hundreds."""
    low = 10 ** math.floor(math.log10(min(row[3] for row in rows)))
    high = 10 ** math.ceil(math.log10(max(row[4] for row in rows)))
    across = lambda value: LEFT + (WIDTH - LEFT - RIGHT) * math.log(value / low) / math.log(high / low)
    bottom = 60 + ROW * len(rows)
    parts = []
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        x = across(10**power)
        parts.append(f'<line x1="{x:.1f}" y1="54" x2="{x:.1f}" y2="{bottom}" class="grid"/>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle" class="small">{short(10**power)}</text>')
    for place, (label, kind, median, least, most) in enumerate(rows):
        y = 60 + ROW * place
        parts.append(f'<text x="{LEFT - 8}" y="{y + 14}" text-anchor="end">{escape(label)}</text>')
        parts.append(f'<rect x="{LEFT}" y="{y}" width="{across(median) - LEFT:.1f}" height="18" rx="2" class="{kind}"/>')
        parts.append(f'<line x1="{across(least):.1f}" y1="{y + 9}" x2="{across(most):.1f}" y2="{y + 9}" class="range"/>')
        parts.append(f'<text x="{across(most) + 8:.1f}" y="{y + 14}">{short(median)}</text>')
    return page(title, unit, bottom + 28, parts)


def line(title, unit, below, points):
    """`points`: (where, median, least, most); where on a logarithmic axis, from 0 up."""
    top, bottom, left, right = 60, 300, 70, WIDTH - 40
    first, last = math.log10(points[0][0]), math.log10(points[-1][0])
    across = lambda value: left + 40 + (right - left - 80) * (math.log10(value) - first) / max(last - first, 1e-9)
    high = max(point[3] for point in points) * 1.2
    up = lambda value: bottom - (bottom - top) * value / high
    step = 10 ** math.floor(math.log10(high))
    step = step if high / step >= 4 else step / 4
    parts = []
    for number in range(int(high / step) + 1):
        y = up(number * step)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" class="grid"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end" class="small">{short(number * step)}</text>')
    path = " ".join(f"{across(where):.1f},{up(median):.1f}" for where, median, _, _ in points)
    parts.append(f'<polyline points="{path}" class="ours line" style="fill:none"/>')
    for where, median, least, most in points:
        x = across(where)
        parts.append(f'<line x1="{x:.1f}" y1="{up(least):.1f}" x2="{x:.1f}" y2="{up(most):.1f}" class="range"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{up(median):.1f}" r="4" class="ours"/>')
        parts.append(f'<text x="{x:.1f}" y="{up(most) - 8:.1f}" text-anchor="middle">{short(median)}</text>')
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle" class="small">{short(where)}</text>')
    parts.append(f'<text x="{(left + right) / 2}" y="{bottom + 38}" text-anchor="middle" class="small">{escape(below)}</text>')
    return page(title, unit, bottom + 50, parts)
