#!/usr/bin/env python3
"""Makes the demo venues anew: python3 venues/make.py, then `grand-arena import` and `export` for
the form that is checked in. Coordinates are metres; y grows away from the stage."""

import json
import math
from pathlib import Path

ROWS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def at(x, y):
    return [round(x, 2) + 0.0, round(y, 2) + 0.0]


def rectangle(left, top, right, bottom):
    return [at(left, top), at(right, top), at(right, bottom), at(left, bottom)]


def arc(radius, start, end, pieces):
    """Points around the stage's front, by degrees from straight ahead, clockwise seen from it."""
    return [on_arc(radius, start + (end - start) * n / pieces) for n in range(pieces + 1)]


def on_arc(radius, degrees):
    turn = math.radians(degrees)
    return at(radius * math.sin(turn), radius * math.cos(turn))


def stage(points):
    return {"kind": "STAGE", "label": "Stage", "points": points}


def outline(points, label=None, floor=None):
    return {"kind": "OUTLINE", "label": label, "floor": floor, "points": points}


def label(text, x, y, floor=None):
    return {"kind": "LABEL", "label": text, "floor": floor, "points": [at(x, y)]}


def grid(left, top, right, bottom, capacity):
    """Evenly spread over a rectangle, row by row."""
    columns = max(1, round(math.sqrt(capacity * (right - left) / (bottom - top))))
    rows = math.ceil(capacity / columns)
    step_x, step_y = (right - left) / columns, (bottom - top) / rows
    places = [(n % columns, n // columns) for n in range(capacity)]
    return [at(left + (c + 0.5) * step_x, top + (r + 0.5) * step_y) for c, r in places]


def standing(name, left, top, right, bottom, capacity):
    positions = grid(left, top, right, bottom, capacity)
    return {"name": name, "capacity": capacity, "positions": positions}


def venue(currency, categories, shapes, sections, focal_point):
    return {
        "format": "grand-arena-venue",
        "version": 1,
        "currency": currency,
        "categories": [
            {"name": name, "priceMinor": price, "color": color} for name, price, color in categories
        ],
        "focalPoint": focal_point,
        "shapes": [{k: v for k, v in shape.items() if v is not None} for shape in shapes],
        "sections": sections,
    }


def curved_row(name, radius, start, end, pitch, aisles=(), wheelchairs=(), **rest):
    """Seats on an arc; an aisle is left before the seats at these indices."""
    count = int(math.radians(end - start) * radius / pitch)
    step = (end - start) / count
    seats = []
    for index in range(count):
        seat = {"number": str(index + 1), "at": on_arc(radius, start + step * (index + 0.5))}
        if index in wheelchairs:
            seat["accessible"] = True
        if index - 1 in wheelchairs or index + 1 in wheelchairs and index not in wheelchairs:
            seat["companion"] = True
        if index in aisles:
            seat["gapBefore"] = True
        seats.append(seat)
    return {"name": name, "seats": seats, **rest}


def concert():
    """An arena with a floor to stand on and two tiers around it."""
    sections = [
        {
            "name": "Floor",
            "standingAreas": [
                {**standing("Front", -16, 4, 16, 14, 900), "category": "Floor – Front"},
                {**standing("Back", -16, 15, 16, 34, 1500), "category": "Floor – Back"},
            ],
        }
    ]
    shapes = [stage(rectangle(-12, -10, 12, 0)), outline(rectangle(-17, 3, 17, 35), "Floor")]
    shapes += [label("Entrance", 0, 38), label("Bar", -24, 37), label("Bar", 24, 37)]
    tiers = [(1, 101, 40, 10, 9, 0.9), (2, 201, 54, 9, 11, 0.95)]
    for tier, first, radius, rows, blocks, depth in tiers:
        for block in range(blocks):
            width = 220 / blocks
            start, end = -110 + width * block + 0.9, -110 + width * (block + 1) - 0.9
            is_near = abs((start + end) / 2) < 60
            lower = "Lower tier – Centre" if is_near else "Lower tier – Side"
            category = lower if tier == 1 else "Upper tier"
            floor = "Lower tier" if tier == 1 else "Upper tier"
            section = {"name": str(first + block), "floor": floor}
            section["category"] = category
            section["rows"] = []
            for row in range(rows):
                wheelchairs = (0,) if tier == 1 and row == rows - 1 else ()
                around = radius + row * depth
                made = curved_row(ROWS[row], around, start, end, 0.55, wheelchairs=wheelchairs)
                section["rows"].append(made)
            sections.append(section)
            inner, outer = radius - 0.7, radius + (rows - 1) * depth + 0.7
            edge = arc(inner, start - 0.4, end + 0.4, 6) + arc(outer, end + 0.4, start - 0.4, 6)
            shapes.append(outline(edge, floor=section["floor"]))
    categories = [
        ("Floor – Front", 9900, "#e69f00"),
        ("Floor – Back", 7900, "#56b4e9"),
        ("Lower tier – Centre", 8900, "#009e73"),
        ("Lower tier – Side", 6900, "#f0e442"),
        ("Upper tier", 4900, "#cc79a7"),
    ]
    return venue("EUR", categories, shapes, sections, [0, -2])


def theatre():
    """Stalls and two balconies around a proscenium, with boxes at the sides."""
    sections, shapes = [], [stage(rectangle(-8, -8, 8, 0))]
    floors = [
        ("Stalls", 6, 16, 0.95, (-38, 38), ["Stalls – Front", "Stalls – Rear"]),
        ("Dress circle", 23, 6, 1.0, (-40, 40), ["Dress circle"] * 2),
        ("Upper circle", 31, 8, 1.0, (-36, 36), ["Upper circle"] * 2),
    ]
    for name, radius, rows, depth, (start, end), categories in floors:
        section = {"name": name, "floor": name, "rows": []}
        for row in range(rows):
            around = radius + row * depth
            count = int(math.radians(end - start) * around / 0.54)
            aisles = (count // 3, count - count // 3)
            is_last_of_stalls = name == "Stalls" and row == rows - 1
            wheelchairs = (0, 2, count - 3, count - 1) if is_last_of_stalls else ()
            category = categories[0] if row < rows / 2 else categories[1]
            made = curved_row(ROWS[row], around, start, end, 0.54, aisles, wheelchairs)
            section["rows"].append({**made, "category": category})
        sections.append(section)
        outer = radius + (rows - 1) * depth + 0.8
        edge = arc(radius - 0.8, start - 1, end + 1, 16) + arc(outer, end + 1, start - 1, 16)
        shapes.append(outline(edge, name, name))
    for side, sign in (("left", -1), ("right", 1)):
        for box in range(4):
            x, y = sign * (15 + box * 0.5), 2 + box * 3.2
            spots = [at(x + (n % 2) * 0.6 * sign, y + (n // 2) * 0.7) for n in range(4)]
            chairs = [{"number": str(n + 1), "at": spot} for n, spot in enumerate(spots)]
            table = {"name": f"Box {box + 1}", "chairs": chairs, "category": "Boxes"}
            last = sections[-1]
            if last["name"] == f"Boxes {side}":
                last["tables"].append(table)
            else:
                boxes = {"name": f"Boxes {side}", "floor": "Dress circle", "tables": [table]}
                sections.append(boxes)
        shapes.append(label(f"Boxes {side}", sign * 16.5, 0.5, "Dress circle"))
    categories = [
        ("Stalls – Front", 8500, "#e69f00"),
        ("Stalls – Rear", 6500, "#56b4e9"),
        ("Dress circle", 7500, "#009e73"),
        ("Upper circle", 3500, "#f0e442"),
        ("Boxes", 9500, "#cc79a7"),
    ]
    return venue("GBP", categories, shapes, sections, [0, -1])


def festival():
    """A field with two areas to stand in, tables under a tent, and a platform for wheelchairs."""
    shapes = [
        stage(rectangle(-15, -14, 15, 0)),
        outline(rectangle(-60, -20, 60, 110), "Festival ground"),
        outline(rectangle(30, 40, 58, 92), "Tent"),
        label("Food", -45, 95),
        label("Water", -50, 40),
        label("First aid", -50, 20),
        label("Entrance", 0, 107),
    ]
    tables = []
    for index in range(40):
        x, y = 33.5 + index % 5 * 5.4, 44 + index // 5 * 6
        chairs = []
        for chair in range(8):
            turn = math.radians(45 * chair)
            spot = at(x + 1.3 * math.sin(turn), y - 1.3 * math.cos(turn))
            chairs.append({"number": str(chair + 1), "at": spot})
        if index < 4:
            chairs[0]["accessible"] = True
            chairs[1]["companion"] = True
        tables.append({"name": f"Table {index + 1}", "chairs": chairs})
    platform = []
    for index in range(12):
        place = {"number": str(index + 1), "at": at(-34 + index * 1.2, 22)}
        place["accessible" if index % 2 == 0 else "companion"] = True
        platform.append(place)
    pit = standing("Pit", -18, 3, 18, 16, 1200)
    field = standing("Field", -28, 26, 28, 80, 4000)
    sections = [
        {"name": "Front of stage", "category": "Front of stage", "standingAreas": [pit]},
        {"name": "Field", "category": "Field", "standingAreas": [field]},
        {"name": "Tent", "category": "Tent", "tables": tables},
        {"name": "Platform", "category": "Field", "rows": [{"name": "1", "seats": platform}]},
    ]
    categories = [
        ("Front of stage", 12900, "#e69f00"),
        ("Field", 7900, "#009e73"),
        ("Tent", 9900, "#56b4e9"),
    ]
    return venue("EUR", categories, shapes, sections, [0, 0])


for name, made in (("concert", concert()), ("theatre", theatre()), ("festival", festival())):
    path = Path(__file__).parent / f"{name}.json"
    path.write_text(json.dumps(made, ensure_ascii=False) + "\n", encoding="utf-8")
