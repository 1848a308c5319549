"""The one loop, on both sides: the same weights, batches and masks from one seed, and so the same losses."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import minigrad
from comparisons.__main__ import main, parser, settings_from
from comparisons.digits import Digits, load_digits
from comparisons.libraries import Library, both_libraries, equal_threads, weights_of
from comparisons.settings import CannotRun, Settings
from comparisons.training import Learner, as_images, as_targets, evaluate, prepare, train


def settings(*arguments: str) -> Settings:
    return settings_from(parser().parse_args(["mnist", *arguments]))


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Little work, on a machine where other tests may run: threads would wait for each other."""
    with equal_threads(1):
        yield


@pytest.fixture(scope="module")
def digits() -> Digits:
    return load_digits()


def learners(digits: Digits, *arguments: str) -> list[Learner]:
    chosen = settings("--batch-size", "10", *arguments)
    few = replace(digits, train_images=digits.train_images[:40], train_labels=digits.train_labels[:40])
    return [prepare(library, chosen, few) for library in both_libraries(chosen)]


@pytest.mark.parametrize("net", ["cnn", "lenet"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("seed", ["0", "-1", "123456789012"])
def test_one_seed_gives_both_sides_the_same_weights_to_the_bit(digits: Digits, net: str, dtype: str, seed: str) -> None:
    ours, theirs = (
        weights_of(side.model) for side in learners(digits, "--net", net, "--dtype", dtype, "--seed", seed)
    )
    assert list(ours) == list(theirs)
    for name in theirs:
        assert ours[name].dtype == np.dtype(dtype) == theirs[name].dtype
        assert ours[name].tobytes() == theirs[name].tobytes(), name


def test_both_sides_get_the_same_batches_in_every_epoch(digits: Digits) -> None:
    ours, theirs = learners(digits)
    for _ in range(2):
        for (our_images, our_labels), (images, labels) in zip(ours.train_loader, theirs.train_loader, strict=True):
            np.testing.assert_array_equal(our_images.numpy(), images.numpy())
            np.testing.assert_array_equal(our_labels.numpy(), labels.numpy())


def test_losses_of_the_cnn_agree_in_float64_with_its_dropout_on(digits: Digits) -> None:
    ours, theirs = (list(train(side)) for side in learners(digits, "--dtype", "float64"))
    assert len(ours) == 4
    np.testing.assert_allclose(ours, theirs, rtol=1e-13)


def test_a_step_leaves_its_gradients_to_be_looked_at(digits: Digits) -> None:
    for side in learners(digits, "--net", "lenet"):
        steps = train(side)
        next(steps)
        assert all(parameter.grad is not None for parameter in side.model.parameters())


def test_evaluate_answers_with_a_digit_for_each_test_image_without_dropout_or_recording(digits: Digits) -> None:
    few = replace(digits, test_images=digits.test_images[:120], test_labels=digits.test_labels[:120])
    ours, theirs = (evaluate(side) for side in learners(few))
    assert ours == theirs and len(ours) == 120 and set(ours) <= set(range(10))


def test_lenet_gets_padded_images_and_one_hot_targets(digits: Digits) -> None:
    lenet, cnn = settings("--net", "lenet", "--dtype", "float64"), settings("--net", "cnn")
    assert as_images(digits.train_images[:2], lenet).shape == (2, 1, 32, 32)
    assert as_images(digits.train_images[:2], lenet).dtype == np.float64
    assert as_targets(digits.train_labels[:2], lenet).shape == (2, 10)
    assert as_images(digits.train_images[:2], cnn).shape == (2, 1, 28, 28)
    assert as_targets(digits.train_labels[:2], cnn).dtype == np.int64


def test_threads_are_the_same_on_both_sides_and_put_back() -> None:
    from threadpoolctl import threadpool_info

    def blas() -> list[Any]:
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = torch.get_num_threads(), blas()
    with equal_threads(1) as count:
        assert count == 1 == torch.get_num_threads() and set(blas()) == {1}
    with equal_threads(None) as count:
        assert count == before[0] and set(blas()) == {count}
    assert (torch.get_num_threads(), blas()) == before
    with pytest.raises(CannotRun, match="--threads 100000"), equal_threads(100_000):
        pass
    assert (torch.get_num_threads(), blas()) == before


def test_dropout_of_another_device_draws_its_mask_on_the_cpu() -> None:
    library = Library("torch", torch, None, torch.device("cpu"))
    layer, x = torch.nn.Dropout2d(0.5), torch.ones(4, 8, 2, 2)
    torch.manual_seed(3)
    expected = layer(x)
    torch.manual_seed(3)
    assert torch.equal(library.on_cpu(layer.forward)(x), expected)


def test_minigrad_stands_beside_torch() -> None:
    ours, theirs = both_libraries(settings())
    assert (ours.name, ours.torch, theirs.name, theirs.torch) == ("minigrad", minigrad, "torch", torch)
    assert ours.device.type == theirs.device.type == "cpu"


# Both sides run the same loop, so a mistake in it would not show as a difference between them.


def test_the_seed_decides_where_training_starts(digits: Digits) -> None:
    first, again, other = (learners(digits, "--net", "lenet", "--seed", seed) for seed in ("1", "1", "2"))
    for side in range(2):
        a, b, c = (weights_of(pair[side].model)["conv1.weight"] for pair in (first, again, other))
        assert np.array_equal(a, b) and not np.array_equal(a, c)


def test_each_step_starts_from_no_gradient(digits: Digits) -> None:
    one_batch = ("--net", "lenet", "--batch-size", "40", "--lr", "1e-12", "--dtype", "float64")
    for side in learners(digits, *one_batch):
        gradients = []
        for _ in range(2):  # the same forty digits from nearly the same weights
            list(train(side))
            gradients.append(side.model.fc3.bias.grad.numpy().copy())
        np.testing.assert_allclose(gradients[0], gradients[1], rtol=1e-6)


def test_training_learns_and_evaluation_has_no_dropout(digits: Digits) -> None:
    few = replace(digits, test_images=digits.train_images[:40], test_labels=digits.train_labels[:40])
    for side in learners(few):
        losses = [np.mean(list(train(side))) for _ in range(5)]
        assert losses[-1] < losses[0] / 2
        answers = evaluate(side)
        assert answers == evaluate(side) and not side.model.training
        assert np.mean(np.array(answers) == few.test_labels) > 0.7
        next(train(side))
        assert side.model.training


def test_a_network_that_has_not_learned_is_said_to_have_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options, learned in (
        (("--net", "lenet", "--limit", "100", "--batch-size", "50"), False),
        (("--net", "cnn", "--limit", "500"), True),
    ):
        main(["mnist", *options, "--epochs", "1", "--out", str(tmp_path)])
        out = capsys.readouterr().out
        assert "The two sides agree." in out and ("Neither has learned" in out) is not learned
