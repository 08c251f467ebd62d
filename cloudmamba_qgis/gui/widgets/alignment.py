"""Where words stand in a cell, in a form that Qt 5 and Qt 6 take."""

from __future__ import annotations

# In the middle of the line: flags that no method of a model or an item takes in both.
RIGHT = 0x82
