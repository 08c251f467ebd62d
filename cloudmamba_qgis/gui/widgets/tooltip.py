"""Tooltips that begin with the name of what they explain."""

from __future__ import annotations

import html


def tooltip(name: str, explanation: str, symbol: str = "") -> str:
    """Rich text: the name in bold, its symbol in formulas if it has one, and what it does."""
    title = html.escape(name.replace("&", ""))
    if symbol:
        title += f" ({symbol})"
    return f"<b>{title}</b><br/>{html.escape(explanation)}"
