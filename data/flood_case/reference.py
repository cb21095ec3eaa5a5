"""The key reference of a flood case as Markdown, from the declarations: `python -m data.flood_case.reference`."""

from __future__ import annotations

from dataclasses import replace

from data.flood_case.keys import SECTIONS, Key, Section


def reference() -> str:
    """One heading and table per section, as docs/flood-case.md holds it."""
    return "\n".join(_section(section) for section in SECTIONS)


def _section(section: Section) -> str:
    words = "required" if section.required else "any number" if section.repeated else "optional"
    lines = [f"### `{section.title}` ({words})", "", section.meaning, ""]
    for names, start in (
        (section.exactly_one_of, "Exactly one of"),
        (section.one_value_of, "Exactly one of"),
        (section.at_most_one_of, "At most one of"),
    ):
        if names:
            lines += [f"{start} {', '.join(f'`{name}`' for name in names)}.", ""]
    lines += ["| key | value | unit | default | meaning |", "|---|---|---|---|---|"]
    lines += [_row(key) for key in section.keys]
    return "\n".join([*lines, ""])


def _row(key: Key) -> str:
    default = "**required**" if key.required else "" if key.default is None else f"`{_toml(key.default)}`"
    unit = "" if key.unit in ("", "1") else key.unit
    value = replace(key, unit="").expected()  # the unit has its own column
    return f"| `{key.name}` | {value} | {unit} | {default} | {key.meaning} |"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else f"{value}"


if __name__ == "__main__":
    print(reference())
