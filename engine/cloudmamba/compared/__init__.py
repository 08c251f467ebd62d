"""The eight networks that the paper's Table I compares CloudMamba with, behind one interface.

Each is written from its paper and from published facts; none is the authors' code.
"""

from cloudmamba.compared.model import NETWORKS, ComparedConfiguration, ComparedModel

__all__ = ["NETWORKS", "ComparedConfiguration", "ComparedModel"]
