"""Datasets and loaders beside torch's: from one seed the same batches in the same order, and as many draws consumed."""

import warnings
from collections import Counter, OrderedDict, UserList, defaultdict, deque
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import torch.utils.data
from hypothesis import given
from hypothesis import strategies as st
from parity import LIBRARIES, error_of

import minigrad
import minigrad.utils.data

BOTH = pytest.mark.parametrize("lib", LIBRARIES, ids=["minigrad", "torch"])
SEEDS = st.integers(0, 2**63 - 1)


def plain(value: Any) -> Any:
    """The batch as plain Python, with the dtype and shape of every tensor in it."""
    if isinstance(value, (minigrad.Tensor, torch.Tensor)):
        return str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return type(value).__name__, {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value).__name__, [plain(item) for item in value]
    return value


def assert_same(program: Any, seed: int = 0) -> None:
    """The program returns the same in both libraries from the same seed, and leaves the generators at one place."""
    results = []
    for lib in LIBRARIES:
        lib.manual_seed(seed)
        results.append((plain(program(lib)), lib.get_rng_state().tolist()))
    (ours, our_state), (theirs, their_state) = results
    assert ours == theirs, f"minigrad: {ours}\ntorch: {theirs}"
    assert our_state == their_state, "minigrad has consumed another number of draws than torch"


def rows(lib: Any, n: int) -> Any:
    """n rows of two numbers, and their labels."""
    return lib.utils.data.TensorDataset(lib.arange(2.0 * n).view(n, 2), lib.arange(n))


class Pair(NamedTuple):
    image: Any
    label: int


class Items:
    """A dataset that is nobody's subclass: items by a function of the index."""

    def __init__(self, length: int, item: Any) -> None:
        self.length = length
        self.item = item

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> Any:
        return self.item(index)


# -- Order


@given(SEEDS, st.integers(0, 23), st.integers(1, 9), st.booleans(), st.booleans(), st.integers(1, 3))
def test_every_epoch_has_torchs_batches_in_torchs_order(seed, n, batch_size, shuffle, drop_last, epochs):
    def program(lib: Any) -> Any:
        loader = lib.utils.data.DataLoader(rows(lib, n), batch_size, shuffle and n > 0, drop_last=drop_last)
        return [len(loader), [list(loader) for _ in range(epochs)]]

    assert_same(program, seed)


@given(SEEDS, SEEDS, st.integers(1, 23), st.integers(1, 9), st.booleans())
def test_a_given_generator_decides_the_order(seed, own_seed, n, batch_size, shuffle):
    def program(lib: Any) -> Any:
        generator = lib.Generator().manual_seed(own_seed)
        loader = lib.utils.data.DataLoader(rows(lib, n), batch_size, shuffle, generator=generator)
        return [list(loader), list(loader), generator.get_state()]

    assert_same(program, seed)


@given(SEEDS, st.lists(st.sampled_from(["epoch", "two batches", "rand", "randn", "randperm"]), max_size=6))
def test_loaders_share_the_default_generator_with_all_other_draws(seed, steps):
    def program(lib: Any) -> Any:
        loader = lib.utils.data.DataLoader(rows(lib, 7), batch_size=3, shuffle=True)
        does = {
            "epoch": lambda: list(loader),
            "two batches": lambda: [batch for _, batch in zip(range(2), loader, strict=False)],
            "rand": lambda: lib.rand(3),
            "randn": lambda: lib.zeros(3).add_((lib.randn(3) > 0).float()),
            "randperm": lambda: lib.randperm(5),
        }
        return [does[step]() for step in steps]

    assert_same(program, seed)


def test_draws_between_two_batches_do_not_change_the_order():
    def program(lib: Any) -> Any:
        loader = lib.utils.data.DataLoader(rows(lib, 9), batch_size=2, shuffle=True)
        return [(labels, lib.rand(2)) for _, labels in loader]

    assert_same(program)


def test_two_iterations_at_once_do_not_disturb_each_other():
    def program(lib: Any) -> Any:
        loader = lib.utils.data.DataLoader(rows(lib, 8), batch_size=2, shuffle=True)
        return [[first, second] for (_, first), (_, second) in zip(loader, loader, strict=True)]

    assert_same(program)


def test_the_seed_of_an_epoch_is_drawn_when_its_iterator_is_made():
    def program(lib: Any) -> Any:
        iterator = iter(lib.utils.data.DataLoader(rows(lib, 5), shuffle=True))
        return [lib.rand(1), next(iterator), lib.rand(1)]

    assert_same(program)


def test_a_shuffled_epoch_has_every_item_once():
    loader = minigrad.utils.data.DataLoader(rows(minigrad, 100), batch_size=7, shuffle=True)
    seen = [label for _, labels in loader for label in labels.tolist()]
    assert sorted(seen) == list(range(100)) and seen != sorted(seen)


def test_a_sampler_may_be_given():
    def program(lib: Any) -> Any:
        data = lib.utils.data
        loaders = [
            data.DataLoader(rows(lib, 6), batch_size=2, sampler=[5, 1, 3]),
            data.DataLoader(rows(lib, 6), batch_sampler=[[0, 5], [2]]),
            data.DataLoader(rows(lib, 6), batch_sampler=[(0, 1), (-1,)]),
            data.DataLoader(rows(lib, 6), batch_size=4, sampler=data.RandomSampler(range(6))),
            data.DataLoader(rows(lib, 6), batch_sampler=data.BatchSampler(data.SequentialSampler(range(6)), 4, True)),
        ]
        return [[len(loader), list(loader)] for loader in loaders]

    assert_same(program)


def test_samplers_can_be_iterated_by_themselves():
    def program(lib: Any) -> Any:
        data = lib.utils.data
        order = data.RandomSampler(range(9))
        own = data.RandomSampler(range(9), generator=lib.Generator().manual_seed(4))
        batches = data.BatchSampler(own, 4, drop_last=False)
        return [list(order), list(order), len(order), list(batches), len(batches), list(data.SequentialSampler("abc"))]

    assert_same(program)


@given(SEEDS, st.integers(1, 70), st.booleans(), st.one_of(st.none(), st.integers(1, 150)), st.booleans())
def test_a_random_sampler_draws_any_number_with_and_without_repetitions(seed, n, replacement, num_samples, own):
    def program(lib: Any) -> Any:
        generator = lib.Generator().manual_seed(seed) if own else None
        sampler = lib.utils.data.RandomSampler(range(n), replacement, num_samples, generator)
        return [len(sampler), list(sampler), list(sampler)]

    assert_same(program, seed)


@given(SEEDS, st.lists(st.floats(0.01, 10), min_size=1, max_size=20), st.booleans())
def test_samplers_of_a_subset_and_by_weight_are_torchs(seed, weights, replacement):
    def program(lib: Any) -> Any:
        data = lib.utils.data
        count = 30 if replacement else len(weights)
        by_weight = data.WeightedRandomSampler(weights, count, replacement)
        own = data.WeightedRandomSampler(weights, 1, generator=lib.Generator().manual_seed(3))
        subset = data.SubsetRandomSampler([7, 3, 5], lib.Generator().manual_seed(4))
        samplers = [by_weight, own, subset, data.SubsetRandomSampler("abc")]
        return [[list(sampler), list(sampler), len(sampler)] for sampler in samplers]

    assert_same(program, seed)


def test_without_a_batch_size_items_come_one_by_one_as_they_are():
    def program(lib: Any) -> Any:
        items = [(1, np.arange(2)), [2.5, "b"], {"a": np.float32(1)}, "text", None]
        loader = lib.utils.data.DataLoader(items, batch_size=None, shuffle=True)
        return [len(loader), list(loader), loader.batch_sampler, list(lib.utils.data.DataLoader([3], batch_size=None))]

    assert_same(program)


# -- Datasets


@given(SEEDS, st.lists(st.integers(0, 9), min_size=1, max_size=4), st.booleans())
def test_a_random_split_has_torchs_parts(seed, lengths, own):
    def program(lib: Any) -> Any:
        data = lib.utils.data.TensorDataset(lib.arange(sum(lengths)))
        generator = [lib.Generator().manual_seed(7)] if own else []
        parts = lib.utils.data.random_split(data, lengths, *generator)
        return [[len(part), part.indices, [part[index] for index in range(len(part))]] for part in parts]

    assert_same(program, seed)


@pytest.mark.filterwarnings("ignore:Length of split")
@given(SEEDS, st.integers(0, 50), st.sampled_from([(1.0,), (0.5, 0.5), (0.1, 0.2, 0.7), (0.3, 0.3, 0.3), (0.99, 0.01)]))
def test_a_random_split_by_fractions_deals_out_what_is_left_over(seed, n, fractions):
    def program(lib: Any) -> Any:
        try:
            return [part.indices for part in lib.utils.data.random_split(range(n), fractions)]
        except ValueError as error:
            return str(error)

    assert_same(program, seed)


def test_parts_are_loaded_as_the_whole_is():
    def program(lib: Any) -> Any:
        data = lib.utils.data
        part, other = data.random_split(rows(lib, 10), [6, 4])
        part_of_part = data.Subset(part, [0, 2, 4])
        loaders = [data.DataLoader(x, batch_size=4, shuffle=True) for x in (part, other, part_of_part, part + other)]
        return [[list(loader) for loader in loaders], part[[0, 1]], part[-1]]

    assert_same(program)


@BOTH
def test_datasets_in_a_row_are_one(lib):
    data = lib.utils.data
    whole = data.ConcatDataset(["ab", "", "cde"])
    assert [whole[index] for index in range(-5, 5)] == list("abcdeabcde") and len(whole) == 5
    assert whole.cumulative_sizes == [2, 2, 5]
    both = rows(lib, 2) + rows(lib, 3)
    assert isinstance(both, data.ConcatDataset) and len(both) == 5 and both[4][1].item() == 2


@BOTH
def test_a_dataset_may_hand_out_a_batch_in_one_call(lib):
    class Batched(lib.utils.data.Dataset[int]):
        def __len__(self) -> int:
            return 4

        def __getitems__(self, indices: list[int]) -> list[int]:
            return [index * 10 for index in indices]

    loaded = list(lib.utils.data.DataLoader(lib.utils.data.Subset(Batched(), [3, 1, 0]), batch_size=2))
    assert [batch.tolist() for batch in loaded] == [[30, 10], [0]]


def test_an_empty_part_is_warned_about():
    for lib in LIBRARIES:
        with pytest.warns(UserWarning, match="Length of split at index 1 is 0."):
            lib.utils.data.random_split(range(5), [1.0, 0.0])


@BOTH
def test_a_tensor_dataset_has_rows_of_all_its_tensors(lib):
    data = rows(lib, 4)
    assert len(data) == 4 and [part.tolist() for part in data[2]] == [[4, 5], 2]
    assert [part.tolist() for part in data[1:3]] == [[[2, 3], [4, 5]], [1, 2]] and isinstance(data[0], tuple)
    assert data[-1][1].item() == 3 and len(data.tensors) == 2


@BOTH
def test_a_batch_is_a_copy(lib):
    data = rows(lib, 4)
    x, _ = next(iter(lib.utils.data.DataLoader(data, batch_size=4)))
    x.fill_(9)
    assert data.tensors[0].max().item() == 7


@BOTH
def test_a_dataset_without_items_says_so(lib):
    with pytest.raises(NotImplementedError, match="should implement __getitem__"):
        lib.utils.data.Dataset()[0]


ITEMS = {
    "tensors": lambda lib, i: lib.ones(2) * i,
    "0-d tensors": lambda lib, i: lib.tensor(i),
    "ints": lambda lib, i: i,
    "floats": lambda lib, i: i / 2,
    "bools": lambda lib, i: i % 2 == 0,
    "strings": lambda lib, i: f"item {i}",
    "pairs": lambda lib, i: (lib.ones(1, 2) * i, i),
    "lists": lambda lib, i: [i, i + 0.5],
    "dicts": lambda lib, i: {"image": lib.zeros(2) + i, "label": i, "path": str(i)},
    "nested": lambda lib, i: (i, (lib.ones(1), {"a": [i, 1.5]})),
    "bytes": lambda lib, i: b"item",
    "named tuples": lambda lib, i: Pair(lib.ones(1) * i, i),
    "ordered dicts": lambda lib, i: OrderedDict(a=i, b=(i, "x")),
    "arrays": lambda lib, i: np.full((2,), i, np.float32),
    "float64 arrays": lambda lib, i: np.full((2,), i / 2),
    "NumPy numbers": lambda lib, i: np.float32(i),
    "tensors and labels as in torchvision": lambda lib, i: (lib.full((1, 2, 2), i / 10), i % 10),
}  # fmt: skip


@pytest.mark.parametrize("name", ITEMS)
def test_items_of_any_kind_are_collated_as_torch_collates_them(name):
    def program(lib: Any) -> Any:
        data = Items(5, lambda index: ITEMS[name](lib, index))
        return list(lib.utils.data.DataLoader(data, batch_size=2, shuffle=True))

    assert_same(program)


def test_items_of_a_subclass_of_dataset_are_collated():
    def program(lib: Any) -> Any:
        class Squares(lib.utils.data.Dataset):
            def __len__(self) -> int:
                return 4

            def __getitem__(self, index: int) -> Any:
                return lib.tensor([index]), index**2

        return list(lib.utils.data.DataLoader(Squares(), batch_size=3))

    assert_same(program)


def test_a_subclass_of_tensor_dataset_may_change_its_items():
    def program(lib: Any) -> Any:
        class Halved(lib.utils.data.TensorDataset):
            def __getitem__(self, index: int) -> Any:
                return super().__getitem__(index)[0] / 2

        return list(lib.utils.data.DataLoader(Halved(lib.arange(4.0)), batch_size=2))

    assert_same(program)


def test_a_collate_function_may_be_given():
    def program(lib: Any) -> Any:
        loader = lib.utils.data.DataLoader(rows(lib, 5), batch_size=2, collate_fn=lambda items: len(items))
        return list(loader)

    assert_same(program)


def test_lists_are_datasets_too():
    assert_same(lambda lib: list(lib.utils.data.DataLoader([(1, 2.5), (3, 4.5), (5, 6.5)], batch_size=2)))


def test_default_collate_under_the_default_dtype_float64():
    def program(lib: Any) -> Any:
        lib.set_default_dtype(lib.float64)
        batch = next(iter(lib.utils.data.DataLoader([1.5, 2.5], batch_size=2)))
        lib.set_default_dtype(lib.float32)
        return batch

    assert_same(program)


def data_of(lib: Any) -> Any:
    return lib.utils.data


BATCHES = {
    "an int before a float": lambda lib: [1, 2.5],
    "a float before an int": lambda lib: [1.0, 2],
    "a bool before an int": lambda lib: [True, 2],
    "an int before a bool": lambda lib: [1, True],
    "NumPy numbers of two dtypes": lambda lib: [np.float32(1), np.float64(2)],
    "a NumPy number before a number": lambda lib: [np.float64(1), 2],
    "a NumPy bool": lambda lib: [np.bool_(True)],
    "tensors of two dtypes": lambda lib: [lib.ones(1), lib.ones(1).double()],
    "tensors in a tuple": lambda lib: (lib.ones(1), lib.ones(1)),
    "a text of NumPy's": lambda lib: [np.str_("a")],
    "default dicts": lambda lib: [defaultdict(int, a=1), defaultdict(int, a=2)],
    "counters": lambda lib: [Counter(a=1), Counter(a=2)],
    "lists of a class of their own": lambda lib: [UserList([1, 2])] * 2,
    "deques": lambda lib: [deque([1, 2])] * 2,
    "ranges": lambda lib: [range(2)] * 2,
}  # fmt: skip


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_has_torchs_dtype_and_classes(name):
    def program(lib: Any) -> Any:
        batch = data_of(lib).default_collate(BATCHES[name](lib))
        return type(batch).__name__, plain(list(batch.items()) if isinstance(batch, dict) else list(batch))

    assert_same(program)


def test_a_default_dict_keeps_its_default():
    batch = minigrad.utils.data.default_collate([defaultdict(int, a=1)])
    assert batch["b"] == 0


@pytest.mark.parametrize(
    "array", [np.array(["a"]), np.array([b"a"]), np.array([None], dtype=object)], ids=["text", "bytes", "objects"]
)
def test_an_array_of_no_numbers_is_left_as_it_is_and_cannot_be_collated(array):
    for lib in LIBRARIES:
        assert data_of(lib).default_convert(array) is array
    ours, theirs = (error_of(lambda lib: data_of(lib).default_collate([array]), lib) for lib in LIBRARIES)
    assert ours == theirs and ours[0] is TypeError


@BOTH
def test_a_batch_belongs_to_the_graph_of_its_items(lib):
    x = lib.ones(2, requires_grad=True)
    batch = data_of(lib).default_collate([x * 2, x * 3])
    assert batch.grad_fn.name() == "StackBackward0"
    batch.sum().backward()
    assert x.grad.tolist() == [5.0, 5.0]


@BOTH
def test_a_batch_of_rows_that_require_grad_belongs_to_their_graph(lib):
    x = lib.ones(4, 2, requires_grad=True)
    dataset = data_of(lib).TensorDataset(x, lib.arange(4))
    images, labels = next(iter(data_of(lib).DataLoader(dataset, batch_size=2)))
    assert images.grad_fn.name() == "StackBackward0" and not labels.requires_grad
    images.sum().backward()
    assert x.grad.sum(1).tolist() == [2.0, 2.0, 0.0, 0.0]


# -- The loader itself


@BOTH
def test_an_iterator_has_the_length_of_its_epoch(lib):
    iterator = iter(data_of(lib).DataLoader(range(5), 2))
    assert len(iterator) == 3
    next(iterator)
    assert len(iterator) == 3 and iter(iterator) is iterator


@pytest.mark.skipif(torch.accelerator.is_available(), reason="torch pins memory where it has an accelerator")
@pytest.mark.parametrize("device", ["", "cuda"])
def test_pinned_memory_is_warned_of_when_the_iteration_begins(device):
    def warnings_in(lib: Any) -> list[Any]:
        loader = data_of(lib).DataLoader(range(4), pin_memory=True, pin_memory_device=device)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            iter(loader)
        return [(warning.category, str(warning.message)) for warning in caught]

    assert warnings_in(minigrad) == warnings_in(torch) != []


FIXED = ["dataset", "batch_size", "sampler", "batch_sampler", "drop_last", "persistent_workers"]


@pytest.mark.parametrize("name", FIXED)
def test_what_the_batches_are_made_of_cannot_be_set_later(name):
    def program(lib: Any) -> None:
        setattr(data_of(lib).DataLoader(range(4)), name, 4)

    ours, theirs = (error_of(program, lib) for lib in LIBRARIES)
    assert ours == theirs and ours[0] is ValueError


@BOTH
def test_what_else_a_loader_was_given_is_kept(lib):
    loader = data_of(lib).DataLoader(range(4), pin_memory_device="cuda", in_order=False)
    assert (loader.timeout, loader.pin_memory_device, loader.in_order) == (0, "cuda", False)
    assert (loader.prefetch_factor, loader.worker_init_fn, loader.multiprocessing_context) == (None, None, None)
    loader.collate_fn = len
    assert list(loader) == [1, 1, 1, 1]


# -- Errors

ERRORS = {
    "rows that are no tensors": lambda lib: lib.utils.data.TensorDataset([1, 2]),
    "waiting for workers that are none": lambda lib: iter(lib.utils.data.DataLoader([1], timeout=5)),
    "a way to start workers that are none": lambda lib: lib.utils.data.DataLoader(
        [1], multiprocessing_context="fork"
    ),
    "a text behind a number": lambda lib: lib.utils.data.default_collate([1, "a"]),
    "a number behind a tensor": lambda lib: lib.utils.data.default_collate([lib.ones(1), 1]),
    "tensors of different lengths": lambda lib: lib.utils.data.TensorDataset(lib.ones(2), lib.ones(3)),
    "batches of nothing": lambda lib: lib.utils.data.DataLoader(rows(lib, 3), batch_size=0),
    "batches of minus one": lambda lib: lib.utils.data.DataLoader(rows(lib, 3), batch_size=-1),
    "batches of a half": lambda lib: lib.utils.data.DataLoader(rows(lib, 3), batch_size=0.5),
    "a sampler and shuffle": lambda lib: lib.utils.data.DataLoader(rows(lib, 3), shuffle=True, sampler=[0]),
    "a batch sampler and shuffle": lambda lib: lib.utils.data.DataLoader(
        rows(lib, 3), shuffle=True, batch_sampler=[[0]]
    ),
    "shuffling nothing": lambda lib: lib.utils.data.DataLoader(rows(lib, 0), shuffle=True),
    "items of different shapes": lambda lib: list(
        lib.utils.data.DataLoader([lib.ones(2), lib.ones(3)], batch_size=2)
    ),
    "items of different lengths": lambda lib: list(lib.utils.data.DataLoader([(1, 2), (3,)], batch_size=2)),
    "items that are nothing": lambda lib: list(lib.utils.data.DataLoader([None, None], batch_size=2)),
    "items that cannot be stacked": lambda lib: list(lib.utils.data.DataLoader([object()])),
    "replacement that is no bool": lambda lib: lib.utils.data.RandomSampler([1], replacement=1),
    "no samples": lambda lib: lib.utils.data.RandomSampler([1], num_samples=0),
    "half a sample": lambda lib: lib.utils.data.RandomSampler([1], num_samples=0.5),
    "samples by weight that are none": lambda lib: lib.utils.data.WeightedRandomSampler([1.0], True),
    "weighted replacement that is no bool": lambda lib: lib.utils.data.WeightedRandomSampler([1.0], 1, 0),
    "a matrix of weights": lambda lib: lib.utils.data.WeightedRandomSampler([[1.0]], 1),
    "drop_last that is no bool": lambda lib: lib.utils.data.BatchSampler([0], 1, 1),
    "lengths that do not sum up": lambda lib: lib.utils.data.random_split(range(5), [2, 2]),
    "a fraction below 0": lambda lib: lib.utils.data.random_split(range(5), [1.5, -0.5]),
    "no datasets in a row": lambda lib: lib.utils.data.ConcatDataset([]),
    "too far from the end": lambda lib: lib.utils.data.ConcatDataset(["ab"])[-3],
    "no batches and drop_last": lambda lib: lib.utils.data.DataLoader([1], batch_size=None, drop_last=True),
    "a negative number of workers": lambda lib: lib.utils.data.DataLoader([1], num_workers=-1),
    "a negative time": lambda lib: lib.utils.data.DataLoader([1], timeout=-1),
    "workers that stay, of none": lambda lib: lib.utils.data.DataLoader([1], persistent_workers=True),
    "fetching ahead without workers": lambda lib: lib.utils.data.DataLoader([1], prefetch_factor=2),
    "a sampler without an order": lambda lib: iter(lib.utils.data.Sampler()),
    "a subset that changes one way of two": lambda lib: type(
        "Halves", (lib.utils.data.Subset,), {"__getitem__": lambda self, index: index / 2}
    )([1, 2], [0]),
    "an index outside": lambda lib: list(lib.utils.data.DataLoader([1, 2], sampler=[5])),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_mistake_is_answered_in_torchs_words(name):
    (ours, our_text), (theirs, their_text) = (error_of(ERRORS[name], lib) for lib in LIBRARIES)
    assert theirs is not None and ours is theirs, f"minigrad: {ours} {our_text}\ntorch: {theirs} {their_text}"
    assert our_text.split()[:4] == their_text.split()[:4], f"minigrad: {our_text}\ntorch: {their_text}"


@pytest.mark.parametrize("persistent", [False, True])
def test_with_worker_processes_the_batches_are_the_same_and_it_is_said_that_there_are_none(persistent):
    def batches(lib):
        lib.manual_seed(3)
        loader = lib.utils.data.DataLoader(
            lib.utils.data.TensorDataset(lib.arange(7)), batch_size=2, shuffle=True, num_workers=1,
            persistent_workers=persistent,
        )  # fmt: skip
        return [[batch.tolist() for (batch,) in loader] for _ in range(2)], lib.rand(1).item(), loader.num_workers

    with pytest.warns(UserWarning, match="num_workers=1"):
        ours = batches(minigrad)
    assert ours == batches(torch)
