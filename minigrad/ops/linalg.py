"""Matrix products: where nearly all the arithmetic of a network is.

Z = X Y has Zᵢⱼ = Σₖ XᵢₖYₖⱼ. Following one Xᵢₖ through that sum gives ∂ℒ/∂Xᵢₖ = Σⱼ ∂ℒ/∂Zᵢⱼ Yₖⱼ, which is again a matrix
product: ∂ℒ/∂X = ∂ℒ/∂Z Yᵀ, and likewise ∂ℒ/∂Y = Xᵀ ∂ℒ/∂Z. (The shapes alone leave no other choice.)

(On arrays the product is written `np.dot`, not `@`, which leaves no outer product to the BLAS and takes seven times as
long for one: it is the gradient of the weight when the batch is a single sample.)

Read next: `activations.py`.
"""

import math
from itertools import pairwise

import numpy as np

from .. import dtypes
from ..autograd import Node
from ..foreign import refuse
from ..recording import record
from ..tensor import Tensor
from .arithmetic import scaled
from .broadcasting import broadcast_shapes, expand, sum_to_size
from .inplace import check_no_overlap
from .shapes import matrices_transposed, unsafe_view


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """Z = X Y for two matrices. Shape: (N, K), (K, M) -> (N, M).

    >>> import minigrad as torch
    >>> torch.mm(torch.tensor([[1., 2.]]), torch.tensor([[3.], [4.]]))
    tensor([[11.]])
    """
    check_product("mm", input, mat2)
    check_same_dtype(input, mat2)
    check_multiplies("addmm_impl_cpu_", input, mat2)
    return record(MmBackward0, np.dot(input.array, mat2.array), input, mat2, self=input, mat2=mat2)


class MmBackward0(Node):
    """∂ℒ/∂X = ∂ℒ/∂Z Yᵀ and ∂ℒ/∂Y = Xᵀ ∂ℒ/∂Z."""

    saves = ("self", "mat2")
    saved_for = {"self": 1, "mat2": 0}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_mat2 = self.needs_input_grad
        return (
            grad.mm(self._saved_mat2.t()) if needs_input else None,
            grad_of_second(self._saved_self, grad) if needs_mat2 else None,
        )


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """Z = β·B + α·(X Y): a matrix product with something added, which broadcasts. A linear layer is one of these.

    Shape: B, (N, K), (K, M) -> (N, M).
    """
    for name, matrix in (("self", input), ("mat1", mat1)):
        if matrix.array.dtype != mat2.array.dtype:
            raise RuntimeError(
                f"{name} and mat2 must have the same dtype, but got {dtypes.CPP_NAMES[matrix.dtype]} and "
                f"{dtypes.CPP_NAMES[mat2.dtype]}"
            )
    check_product("addmm", mat1, mat2)
    check_multiplies("addmm_impl_cpu_", mat1, mat2)
    product = np.dot(mat1.array, mat2.array)
    if alpha == 0:
        product[...] = 0  # whatever it is, nan too
    elif alpha != 1:
        product *= product.dtype.type(alpha)
    added = input.array if beta == 1 else input.array * input.array.dtype.type(beta)
    if added.shape != product.shape[1:]:  # not the usual bias
        expand(input, product.shape)  # raises torch's error where B does not broadcast
    if beta != 0:  # else it is ignored, nan too
        product += added
    return record(
        AddmmBackward0, product, input, mat1, mat2, mat1=mat1, mat2=mat2, alpha=alpha, beta=beta
    )  # fmt: skip


class AddmmBackward0(Node):
    """∂ℒ/∂B = β·∂ℒ/∂Z, summed over what B was repeated along; ∂ℒ/∂X = α·∂ℒ/∂Z Yᵀ; ∂ℒ/∂Y = α·Xᵀ ∂ℒ/∂Z.

    Saved: alpha, the factor of the product; beta, the factor of the sum's first term.
    """

    saves = ("mat1", "mat2", "alpha", "beta")
    saved_for = {"mat1": 2, "mat2": 1}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_mat1, needs_mat2 = self.needs_input_grad
        alpha = self._saved_alpha
        return (
            sum_to_size(scaled(grad, self._saved_beta), self.input_shape(0)) if needs_input else None,
            scaled(grad.mm(self._saved_mat2.t()), alpha) if needs_mat1 else None,
            scaled(grad_of_second(self._saved_mat1, grad), alpha) if needs_mat2 else None,
        )


def grad_of_second(first: Tensor, grad: Tensor) -> Tensor:
    """Xᵀ G, the gradient of the second factor, computed as (Gᵀ X)ᵀ.

    The same numbers, laid out column by column. A linear layer's second factor is Wᵀ, so after one more transpose its
    gradient lies in memory exactly as W does, and adding it to W.grad reads both in order.
    """
    return grad.t().mm(first).t()


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """z = X y for a matrix and a vector. Shape: (N, K), (K) -> (N)."""
    if input.array.ndim != 2 or vec.array.ndim != 1:
        raise RuntimeError(f"vector + matrix @ vector expected, got 1, {input.array.ndim}, {vec.array.ndim}")
    check_same_dtype(input, vec)
    if input.array.shape[1] != vec.array.shape[0]:
        raise RuntimeError(
            f"size mismatch, got input ({input.array.shape[0]}), mat ({input.array.shape[0]}x{input.array.shape[1]}), "
            f"vec ({vec.array.shape[0]})"
        )
    check_multiplies("addmv_impl_cpu", input, vec)
    return record(MvBackward0, np.dot(input.array, vec.array), input, vec, self=input, vec=vec)


class MvBackward0(Node):
    """∂ℒ/∂X = ∂ℒ/∂z yᵀ and ∂ℒ/∂y = Xᵀ ∂ℒ/∂z: the matrix product's, for one column."""

    saves = ("self", "vec")
    saved_for = {"self": 1, "vec": 0}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_vec = self.needs_input_grad
        return (
            outer(grad, self._saved_vec) if needs_input else None,
            self._saved_self.t().mv(grad) if needs_vec else None,
        )


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """z = Σ xᵢyᵢ for two vectors. Shape: (K), (K) -> ()."""
    if input.array.ndim != 1 or tensor.array.ndim != 1:
        raise RuntimeError(
            f"1D tensors expected, but got {input.array.ndim}D and {tensor.array.ndim}D tensors"
        )  # fmt: skip
    if input.array.dtype != tensor.array.dtype:
        raise RuntimeError(
            f"dot : expected both vectors to have same dtype, but found {dtypes.CPP_NAMES[input.dtype]} and "
            f"{dtypes.CPP_NAMES[tensor.dtype]}"
        )
    if input.array.shape != tensor.array.shape:
        raise RuntimeError(
            f"inconsistent tensor size, expected tensor [{len(input.array)}] and src [{len(tensor.array)}] to have the "
            f"same number of elements, but got {len(input.array)} and {len(tensor.array)} elements respectively"
        )
    if input.array.dtype == np.bool_:
        raise NotImplementedError("\"dot\" not implemented for 'Bool'")
    return record(DotBackward0, input.array @ tensor.array, input, tensor, self=input, tensor=tensor)


class DotBackward0(Node):
    """∂ℒ/∂x = ∂ℒ/∂z · y and ∂ℒ/∂y = ∂ℒ/∂z · x."""

    saves = ("self", "tensor")
    saved_for = {"self": 1, "tensor": 0}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_tensor = self.needs_input_grad
        return (
            grad * self._saved_tensor if needs_input else None,
            grad * self._saved_self if needs_tensor else None,
        )


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """Z[b] = X[b] Y[b]: many matrix products at once. Shape: (B, N, K), (B, K, M) -> (B, N, M)."""
    check_same_dtype(input, mat2)
    if input.array.ndim != 3 or mat2.array.ndim != 3:
        raise RuntimeError("batch1 must be a 3D tensor" if input.array.ndim != 3 else "batch2 must be a 3D tensor")
    (B, _, K), shape = input.array.shape, mat2.array.shape
    if shape[:2] != (B, K):
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: [{B}, {K}] but got: [{shape[0]}, "
            f"{shape[1]}]."
        )
    is_small = input.array.shape[1] * K * shape[2] < 400  # where torch has a loop of its own
    check_multiplies("bmm" if is_small else "addmm_impl_cpu_", input, mat2)
    return record(BmmBackward0, input.array @ mat2.array, input, mat2, self=input, mat2=mat2)


class BmmBackward0(Node):
    """∂ℒ/∂X[b] = ∂ℒ/∂Z[b] Y[b]ᵀ and ∂ℒ/∂Y[b] = X[b]ᵀ ∂ℒ/∂Z[b]."""

    saves = ("self", "mat2")
    saved_for = {"self": 1, "mat2": 0}

    def backward(self, grad: Tensor) -> tuple[Tensor | None, ...]:
        needs_input, needs_mat2 = self.needs_input_grad
        return (
            grad.bmm(self._saved_mat2.transpose(1, 2)) if needs_input else None,
            self._saved_self.transpose(1, 2).bmm(grad) if needs_mat2 else None,
        )


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """`x @ y` for every rank: vectors, matrices, and batches of matrices, which broadcast.

    One of the products above with the operands brought into its shape; so are the nodes that it leaves.

    Shape: (K), (K) -> (); (N, K), (K) -> (N); (*, N, K), (*, K, M) -> (*, N, M).

    >>> import minigrad as torch
    >>> torch.ones(2, 3) @ torch.ones(3)
    tensor([3., 3.])
    """
    if not isinstance(other, Tensor):
        refuse("matmul(): argument 'other' (position 2)", other)
    ndim, other_ndim = input.array.ndim, other.array.ndim
    if not ndim or not other_ndim:
        raise RuntimeError(
            f"both arguments to matmul need to be at least 1D, but they are {ndim}D and {other_ndim}D"
        )  # fmt: skip
    if ndim == 1 and other_ndim == 1:
        return dot(input, other)
    if ndim == 2 and other_ndim == 1:
        return mv(input, other)
    if ndim == 1 and other_ndim == 2:
        return mm(input.unsqueeze(0), other).squeeze_(0)
    if ndim == 2 and other_ndim == 2:
        return mm(input, other)
    if folds(input, other):
        return folded(input, other)
    first = input.unsqueeze(0) if ndim == 1 else input  # a vector is a matrix of one row, or of one column
    second = other.unsqueeze(1) if other_ndim == 1 else other
    batch = broadcast_shapes(first.array.shape[:-2], second.array.shape[:-2])
    B = math.prod(batch)
    first, second = (
        x.expand(*batch, *x.array.shape[-2:]).reshape(B, *x.array.shape[-2:]) for x in (first, second)
    )  # fmt: skip
    product = bmm(first, second)
    if ndim == 1 or other_ndim == 1:
        product = product.squeeze(1 if ndim == 1 else 2)
    return unsafe_view(product, (*batch, *product.array.shape[1:]))


def folds(input: Tensor, other: Tensor) -> bool:
    """Whether the batch's rows can be the rows of one large matrix: torch's rule for a batch times one matrix.

    It spares the small operand's gradient, which would be as large as the batch.
    """
    ndim, other_ndim = input.array.ndim, other.array.ndim
    if min(ndim, other_ndim) > 2:
        return False
    small = other if ndim > other_ndim else input
    if small.requires_grad:
        return True
    if ndim == 2:
        return False
    batch = (input if ndim > other_ndim else matrices_transposed(other)).detach()
    rows = [(size, step) for size, step in zip(batch.shape[:-1], batch.stride()[:-1], strict=True) if size != 1]
    return not batch.numel() or all(step == size * inner for (_, step), (size, inner) in pairwise(rows))


def folded(input: Tensor, other: Tensor) -> Tensor:
    """A batch of matrices times one matrix or vector, as one product; with the batch behind, (Y Xᵀ)ᵀ instead of X Y."""
    first = input.array.ndim > other.array.ndim
    batch = input if first else matrices_transposed(other)
    small = other if first else input.t() if input.array.ndim == 2 else input
    rows = batch.reshape(math.prod(batch.array.shape[:-1]), batch.array.shape[-1])
    if small.array.ndim == 1:
        return unsafe_view(mv(rows, small), batch.array.shape[:-1])
    product = unsafe_view(mm(rows, small), (*batch.array.shape[:-1], small.array.shape[1]))
    return product if first else matrices_transposed(product).contiguous()


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Z = x yᵀ: every product of an element of x with one of y. Shape: (N), (M) -> (N, M)."""
    for name, tensor in (("self", input), ("vec2", vec2)):
        if tensor.array.ndim != 1:
            raise RuntimeError(
                f"outer: Expected 1-D argument {name}, but got {tensor.array.ndim}-D"
            )  # fmt: skip
    return input.reshape(-1, 1) * vec2


def check_product(op: str, mat1: Tensor, mat2: Tensor) -> None:
    """Raises: RuntimeError unless both are matrices, and the first has as many columns as the second has rows."""
    for name, matrix in (("self", mat1), ("mat2", mat2)):
        if matrix.array.ndim != 2:
            raise RuntimeError(f"{op}: {name} must be a matrix, got {matrix.array.ndim}-D tensor")
    (N, K), (rows, M) = mat1.array.shape, mat2.array.shape
    if K != rows:
        raise RuntimeError(f"{op}: mat1 and mat2 shapes cannot be multiplied ({N}x{K} and {rows}x{M})")


def check_multiplies(kernel: str, first: Tensor, second: Tensor) -> None:
    """Raises: NotImplementedError for bools, unless there are none. `kernel`: what torch calls its function for it."""
    if first.array.dtype == np.bool_ and first.array.size and second.array.size:
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'")


def check_fits_in_place(self: Tensor, mat1: Tensor, mat2: Tensor, **factors: float) -> None:
    """Raises: RuntimeError, in torch's words, for an `addmm_` whose result has another shape than self.

    And for what no operation in place can write to.
    """
    shapes = mat1.array.shape, mat2.array.shape
    if len(shapes[0]) == len(shapes[1]) == 2 and shapes[0][1] == shapes[1][0]:
        result = [shapes[0][0], shapes[1][1]]
        if list(self.array.shape) != result and self.array.dtype == mat1.array.dtype == mat2.array.dtype:
            raise RuntimeError(
                f"Bad in-place call: input tensor size {list(self.array.shape)} and output tensor size {result} should "
                "match"
            )
        check_no_overlap(self)


def check_same_dtype(first: Tensor, second: Tensor) -> None:
    """Raises: RuntimeError when the dtypes differ: a matrix product promotes nothing."""
    if first.array.dtype != second.array.dtype:
        names = (dtypes.CPP_NAMES[tensor.dtype].lower() for tensor in (first, second))
        raise RuntimeError(f"expected m1 and m2 to have the same dtype, but got: {' != '.join(names)}")
