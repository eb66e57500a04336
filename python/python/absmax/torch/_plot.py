"""Draws the errors of layers as SVG, without a library."""

import math
from xml.sax.saxutils import escape

SERIES = [
    ("weight_db", "#888888", "weight"),
    ("output_db", "#1f77b4", "output, exact input"),
    ("accumulated_db", "#d62728", "output, all before it quantized"),
]
TOP, LEFT, HEIGHT, STEP = 40, 60, 300, 14


def plot(errors, path):
    """A line for each kind of error over the layers. The names of layers to keep are red."""
    layers, keep = errors.layers, set(errors.keep())
    values = [getattr(layer, field) for layer in layers for field, _, _ in SERIES]
    finite = [value for value in values if value is not None and math.isfinite(value)]
    low, high = min(finite, default=0), max(finite, default=1)
    low, high = 10 * (low // 10), 10 * (high // 10 + 1)
    width = LEFT + STEP * max(len(layers), 30) + 20
    name_room = 7 * max(len(layer.name) for layer in layers) + 10

    def place(i, value):
        value = min(max(value, low), high)
        return f"{LEFT + STEP * (i + 0.5):.1f},{TOP + HEIGHT * (high - value) / (high - low):.1f}"

    title = escape(f"{errors.scheme}, activations: {errors.activations}")
    parts = [f'<text x="{LEFT}" y="16">SQNR in dB of {len(layers)} Linear layers, {title}</text>']
    for i, (field, colour, label) in enumerate(SERIES):
        parts.append(f'<text x="{LEFT + 130 * i}" y="32" fill="{colour}">{label}</text>')
        known = [(i, getattr(layer, field)) for i, layer in enumerate(layers)]
        points = " ".join(place(i, value) for i, value in known if value is not None and value == value)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
    for value in range(int(low), int(high) + 1, 10):
        y = TOP + HEIGHT * (high - value) / (high - low)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{width - 20}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    for i, layer in enumerate(layers):
        x, y = LEFT + STEP * (i + 0.5) + 4, TOP + HEIGHT + 8
        colour = "#d62728" if layer.name in keep else "#000000"
        turned = f'transform="rotate(-90 {x:.1f} {y})" text-anchor="end"'
        parts.append(f'<text x="{x:.1f}" y="{y}" {turned} fill="{colour}">{escape(layer.name)}</text>')
    style = 'font-family="sans-serif" font-size="11"'
    size = f'width="{width}" height="{TOP + HEIGHT + name_room}"'
    body = "\n".join(parts)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n')
        file.write(f'<rect width="100%" height="100%" fill="white"/>\n{body}\n</svg>\n')
