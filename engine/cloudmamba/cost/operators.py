"""What each operator of a forward pass costs, seen from below the network: no layer is named here.

The network runs as it is, on tensors without values; every operator that PyTorch dispatches is
counted, so that a change of the network changes its cost without a change here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry
from torch.utils.module_tracker import ModuleTracker

from cloudmamba.ops import selective_scan as _scan_operator  # noqa: F401  defines the operator

SCAN = torch.ops.cloudmamba.selective_scan_2d


@dataclass(frozen=True)
class Operator:
    """One operator of a forward pass.

    Attributes:
        name: as PyTorch calls it, such as ``aten.convolution``.
        module: the innermost module that ran it, such as ``encoder.stem``; empty for the network
            itself.
        operations: multiplications, additions and (in the scan) elementary functions; 0 for what
            is not a convolution, a matrix product or a scan.
        bytes_moved: size of its inputs, weights and outputs; 0 for a mere view.
        shapes: of the tensors it is given.
    """

    name: str
    module: str
    operations: int
    bytes_moved: int
    shapes: tuple[tuple[int, ...], ...]

    @property
    def is_scan(self) -> bool:
        return self.name == str(SCAN)


def scan_operations(x_shape: tuple[int, int, int, int], delta_rank: int, state_size: int) -> int:
    """Operations of a two-dimensional selective scan of a map (B, H, W, D).

    Each pixel, channel and direction: projection of delta 2 R, its bias 1, softplus 3 (exponential,
    sum, logarithm), delta u 1; each of the N states 7 (delta a, its exponential, two products and
    a sum for h, a product and a sum for y); skip and sum of the directions 3, less the first sum.
    """
    images, height, width, channels = x_shape
    each = 2 * delta_rank + 1 + 3 + 1 + 7 * state_size + 2
    return images * height * width * channels * 4 * each


class Recorder(TorchDispatchMode):
    """While it is entered, keeps an :class:`Operator` for each one that is dispatched.

    Args:
        refining: whether the network runs its second stage.
    """

    def __init__(self, refining: bool = True):
        super().__init__()
        self._refining = refining
        self.operators: list[Operator] = []
        self._modules = ModuleTracker()

    def __enter__(self):
        self._modules.__enter__()
        return super().__enter__()

    def __exit__(self, *error) -> None:
        super().__exit__(*error)
        self._modules.__exit__(*error)

    def __torch_dispatch__(self, function, types, arguments=(), keywords=None):
        keywords = keywords or {}
        if function is torch.ops.aten._local_scalar_dense.default:
            # There is no value to look at. The network only ever asks for one to learn whether to
            # refine.
            return self._refining
        output = function(*arguments, **keywords)
        packet = function._overloadpacket
        self.operators.append(
            Operator(
                name=str(packet),
                module=max(self._modules.parents, key=len).partition(".")[2],
                operations=_operations(packet, arguments, keywords, output),
                bytes_moved=0 if function.is_view else _size((arguments, keywords, output)),
                shapes=tuple(tuple(tensor.shape) for tensor in _tensors((arguments, keywords))),
            )
        )
        return output


def _operations(packet, arguments: tuple, keywords: dict, output) -> int:
    if packet == SCAN:
        x, _, delta_weight, _, a, *_ = arguments
        return scan_operations(tuple(x.shape), delta_weight.shape[2], a.shape[2])
    if packet in flop_registry:
        return flop_registry[packet](*arguments, **keywords, out_val=output)
    return 0


def _size(values) -> int:
    """Bytes of the tensors in nested values; one that occurs twice is moved once."""
    return sum(t.numel() * t.element_size() for t in {id(t): t for t in _tensors(values)}.values())


def _tensors(values) -> Iterator[torch.Tensor]:
    return (leaf for leaf in tree_leaves(values) if isinstance(leaf, torch.Tensor))
