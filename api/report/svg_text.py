"""Words in a drawing: one text element where both languages say the same, else one for each."""

from __future__ import annotations

from markupsafe import escape

from api.report.bilingual import Both


def svg_text(x: float, y: float, words: Both | str, anchor: str, kind: str) -> str:
    """Words at a place, anchored at their "start", "middle" or "end", with the class `kind`."""
    both = words if isinstance(words, Both) else Both(words, words)
    head = f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}'
    if both.zh == both.en:
        return f'{head}">{escape(both.zh)}</text>'
    return f'{head} zh" lang="zh-CN">{escape(both.zh)}</text>{head} en" lang="en">{escape(both.en)}</text>'
