"""Texts in pairs: the page holds both languages and shows one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup, escape

from api.messages import has, text
from api.wording import EN, ZH, quantity


@dataclass(frozen=True)
class Both:
    """The same thing said in Chinese and in English."""

    zh: Any
    en: Any

    def of(self, lang: str) -> Any:
        return self.zh if lang == ZH else self.en

    def __html__(self) -> Markup:
        """As the page carries it: two spans, of which style sheet and language switch show one."""
        if self.zh == self.en:
            return escape(self.zh)
        return Markup('<span class="zh" lang="zh-CN">{}</span><span class="en" lang="en">{}</span>').format(
            self.zh, self.en
        )


def say(key: str, **values: Any) -> Both:
    """The message in both languages; values may themselves be pairs."""
    return Both(
        *(text(key, lang, **{name: resolve(value, lang) for name, value in values.items()}) for lang in (ZH, EN))
    )


def resolve(value: Any, lang: str) -> Any:
    """One side of a pair, or of every pair in a list."""
    if isinstance(value, Both):
        return value.of(lang)
    if isinstance(value, list):
        return [resolve(item, lang) for item in value]
    return value


def known(prefix: str, name: str) -> Both:
    """The message `prefix.name`, or the name itself where the catalogue has none."""
    key = f"{prefix}.{name}"
    return say(key) if has(key) else Both(name, name)


def number(value: Any, spec: str) -> Both:
    """A quantity in both languages."""
    return Both(quantity(value, spec, ZH), quantity(value, spec, EN))


def named(zh: str, en: str, code: str = "") -> Both:
    """A name in both forms; the Chinese one, or the code, stands in where one is missing."""
    return Both(zh or en or code, en or zh or code)


def first_names(names: Sequence[Both], most: int) -> dict[str, Both]:
    """Values `names` and `more` for messages that list some of many: 甲、乙等; A, B and others."""
    zh, en = ([getattr(name, side) for name in names[:most]] for side in ("zh", "en"))
    if len(names) <= most:
        return {"names": Both(zh, en), "more": Both("", "")}
    others = say("report.story.more")
    return {"names": Both(zh, [*en, others.en]), "more": Both(others.zh, "")}


def records(frame: pd.DataFrame) -> list[Any]:
    """Rows of a table with their columns as attributes."""
    return list(frame.itertuples(index=False))


def names_of(frame: pd.DataFrame) -> list[Both]:
    """Names of the rows of a table with `name` and `name_en`."""
    return [named(row.name, row.name_en) for row in records(frame)]
