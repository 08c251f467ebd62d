"""Review of a mask: the most uncertain regions one after the other, decisions go to a copy."""

from cloudmamba_qgis.gui.review.panel import ReviewPanel

__all__ = ["ReviewPanel"]
