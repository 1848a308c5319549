"""One program, run in minigrad and in torch, and everything that can be seen compared.

A program is a function of a library and tensors: `lambda lib, x, w: lib.nn.functional.conv2d(x, w)`. `assert_parity`
makes the tensors from the same arrays on both sides and compares the outputs (value, dtype, shape), the graph behind
them node by node, and, after a backward with the same incoming gradient, the gradient of every input.
"""

from typing import Any

import numpy as np
import torch

import minigrad

LIBRARIES = (minigrad, torch)

# How far two correct results may be apart, in units of the rounding error of the largest number in play: the libraries
# add up the same terms in different orders, and a sum of n terms rounds about √n times. 200 covers these sizes.
ROUNDINGS = 200
EPSILON = {np.dtype(np.float32): 2.0**-23, np.dtype(np.float64): 2.0**-52}


def assert_parity(
    program: Any, *arrays: np.ndarray, requires_grad: Any = None, backward: bool = True, scale: float = 1.0
) -> None:
    """Runs the program in both libraries and compares outputs, graphs and gradients.

    Args:
        arrays: the inputs; floating-point ones require grad unless `requires_grad`, a bool for each, says otherwise.
        scale: the size of the largest number that is added up inside, where it is not seen outside.
    """
    ours, theirs = (run(library, program, arrays, requires_grad, backward) for library in LIBRARIES)
    assert len(ours.outputs) == len(theirs.outputs), "the number of outputs differs"
    for index, (mine, other) in enumerate(zip(ours.outputs, theirs.outputs, strict=True)):
        assert_same_tensor(mine, other, f"output {index}", scale)
        assert mine.requires_grad == other.requires_grad, f"output {index} requires grad on one side only"
        assert graph_of(mine) == graph_of(other), f"the graph behind output {index} differs"
    for index, (mine, other) in enumerate(zip(ours.inputs, theirs.inputs, strict=True)):
        assert (mine.grad is None) == (other.grad is None), f"input {index} has a gradient on one side only"
        if mine.grad is not None:
            assert_same_tensor(mine.grad, other.grad, f"the gradient of input {index}", scale)
            if dense(mine):
                assert steps(mine.grad) == steps(other.grad), f"the gradient of input {index} is laid out otherwise"
    assert ours.second == theirs.second, f"a second backward: minigrad {ours.second}, torch {theirs.second}"


class Run:
    """The inputs and outputs of a program on one side."""

    def __init__(self, inputs: list[Any], outputs: list[Any], second: str) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.second = second  # how a second backward through freed graphs went


def run(library: Any, program: Any, arrays: Any, requires_grad: Any = None, backward: bool = True) -> Run:
    """The program on one side, with a backward from every output that has a graph."""
    if requires_grad is None:
        requires_grad = [array.dtype.kind == "f" for array in arrays]
    inputs = [
        tensor_from(library, array).requires_grad_(bool(wanted))
        for array, wanted in zip(arrays, requires_grad, strict=True)
    ]
    returned = program(library, *inputs)
    outputs = list(returned) if isinstance(returned, (tuple, list)) else [returned]
    if backward:
        random = np.random.default_rng(0)
        for output in outputs:
            incoming = random.standard_normal(tuple(output.shape))
            if output.requires_grad:
                gradient = np.asarray(incoming, dtype=output.detach().numpy().dtype)
                output.backward(tensor_from(library, gradient), retain_graph=True)
    return Run(inputs, outputs, second_backward(inputs, outputs) if backward else "")


def second_backward(inputs: list[Any], outputs: list[Any]) -> str:
    """Walks every output's graph twice more without keeping it: fine where nothing was saved, else torch's error."""
    before = [None if x.grad is None else x.grad.clone() for x in inputs]
    said = []
    for output in outputs:
        for _ in range(2):
            try:
                if output.requires_grad:
                    output.sum().backward()
                said.append("fine")
            except RuntimeError as error:
                said.append(str(error)[:40])
    for x, grad in zip(inputs, before, strict=True):
        x.grad = grad
    return " ".join(said)


def dense(tensor: Any) -> bool:
    """Whether torch promises the gradient this tensor's own layout."""
    return tensor.numel() > 0 and 0 not in tensor.stride()


def steps(tensor: Any) -> list[int]:
    """The strides that matter: those of dimensions longer than 1."""
    return [step for step, size in zip(tensor.stride(), tensor.shape, strict=True) if size > 1]


def tensor_from(library: Any, array: np.ndarray) -> Any:
    """A tensor over a copy of the array that is laid out in memory as the array is."""
    if array.size and not array.flags.c_contiguous and 0 not in array.strides:
        base = array.base if array.base is not None and array.base.dtype == array.dtype else None
        if base is not None and base.flags.c_contiguous:
            order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
            memory = np.ascontiguousarray(array.transpose(order))
            return library.from_numpy(memory).permute(*(order.index(axis) for axis in range(array.ndim)))
    return library.from_numpy(array.copy())


def assert_same_tensor(mine: Any, other: Any, what: str, scale: float = 1.0) -> None:
    """Same dtype, same shape, same values up to rounding."""
    assert str(mine.dtype) == str(other.dtype), f"{what}: dtype {mine.dtype} and {other.dtype}"
    assert tuple(mine.shape) == tuple(other.shape), f"{what}: shape {mine.shape} and {other.shape}"
    assert_close(mine.detach().numpy(), other.detach().numpy(), what, scale)


def assert_close(mine: np.ndarray, other: np.ndarray, what: str = "value", scale: float = 1.0) -> None:
    """Equal integers; floats equal up to rounding, nan at the same places, the same infinities."""
    if mine.dtype.kind != "f":
        np.testing.assert_array_equal(mine, other, err_msg=what)
        return
    finite = np.isfinite(other)
    size = max(scale, float(np.abs(other[finite]).max(initial=0)))
    np.testing.assert_allclose(mine, other, rtol=0, atol=ROUNDINGS * EPSILON[mine.dtype] * size, err_msg=what)


def graph_of(tensor: Any) -> list[Any]:
    """The graph behind a tensor, as a list that is equal for equal graphs: each node's name and edges."""
    numbers: dict[Any, int] = {}
    rows: list[Any] = []
    queue = [tensor.grad_fn] if tensor.grad_fn is not None else []
    for node in queue:
        numbers[node] = len(numbers)
    while queue:
        node = queue.pop(0)
        edges = []
        for receiver, number in node.next_functions:
            if receiver is not None and receiver not in numbers:
                numbers[receiver] = len(numbers)
                queue.append(receiver)
            edges.append(None if receiver is None else (numbers[receiver], number))
        rows.append((type(node).__name__, edges))
    return rows


def assert_same_error(program: Any, words: int = 4) -> None:
    """The program fails on both sides with the same type of error and the same first words."""
    (mine, my_text), (other, their_text) = (error_of(program, library) for library in LIBRARIES)
    assert mine is not None, f"minigrad raised nothing; torch: {other} {their_text}"
    assert other is not None, f"torch raised nothing; minigrad: {mine} {my_text}"
    assert mine is other, f"minigrad: {mine} {my_text}\ntorch: {other} {their_text}"
    assert my_text.split()[:words] == their_text.split()[:words], f"minigrad: {my_text}\ntorch: {their_text}"


def error_of(program: Any, library: Any) -> tuple[type | None, str]:
    """The type and text of the error that the program raises in a library."""
    try:
        program(library)
    except Exception as error:
        return type(error), str(error)
    return None, ""
