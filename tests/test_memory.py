"""Memory: what a step takes it gives back, without waiting for the garbage collector."""

import gc
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import minigrad as torch
import minigrad.models
from minigrad.autograd import Node

STATM = Path("/proc/self/statm")  # Linux: pages of memory; the second number counts those in use
STEPS = 1000
FLAT = 2 * 2**20  # bytes: an allocator rounds; a leak of one LeNet graph a step would be 1,000 times 200 kB


@pytest.fixture
def no_collector() -> Iterator[None]:
    """Whatever is freed inside is freed because nobody refers to it any more."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def trainer(network: str, optimizer: str = "SGD") -> Any:
    """A function that does one training step on four random images, and returns the loss."""
    torch.manual_seed(0)
    model = getattr(minigrad.models, network)()
    optimizer = getattr(torch.optim, optimizer)(model.parameters(), lr=0.001)
    size = 32 if network == "LeNet" else 28
    images, labels = torch.rand(4, 1, size, size), torch.tensor([0, 1, 2, 3])

    def step() -> Any:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        return loss

    return step


def resident() -> int:
    """Bytes of memory that this process has in use."""
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def nodes() -> int:
    """How many nodes of graphs are alive."""
    return sum(issubclass(type(thing), Node) for thing in gc.get_objects())


@pytest.mark.skipif(not STATM.exists(), reason="only Linux says how much memory a process has")
@pytest.mark.parametrize("optimizer", ["SGD", "Adam"])
def test_a_thousand_training_steps_leave_resident_memory_flat(optimizer: str, no_collector: None) -> None:
    step = trainer("LeNet", optimizer)
    for _ in range(STEPS // 10):  # the first steps make what stays: gradients, the optimizer's state, pools
        step()
    before = resident()
    for _ in range(STEPS):
        step()
    assert resident() - before < FLAT


@pytest.mark.parametrize("network", ["LeNet", "CNN"])
def test_no_cycle_keeps_a_graph_alive_after_its_loss_is_dropped(network: str, no_collector: None) -> None:
    step = trainer(network)
    step()
    before = nodes()
    loss = step()
    assert nodes() >= before + 10  # it was there
    del loss
    assert nodes() == before


def test_no_cycle_keeps_a_graph_alive_that_was_never_walked(no_collector: None) -> None:
    before = nodes()
    x = torch.rand(3, 3, requires_grad=True)
    y = (x.exp() * x.sqrt() @ x).relu().log_softmax(1)[0].sum()  # exp, sqrt, relu and log_softmax save their outputs
    assert nodes() > before
    del x, y
    assert nodes() == before


def test_no_cycle_keeps_the_graph_of_a_gradient_alive(no_collector: None) -> None:
    before = nodes()
    x = torch.rand(3, requires_grad=True)
    (slope,) = torch.autograd.grad((x.exp() * x).sum(), x, create_graph=True)
    torch.autograd.grad(slope.sum(), x)
    del x, slope
    assert nodes() == before


def test_no_cycle_is_made_by_writing_in_place_or_by_a_hook(no_collector: None) -> None:
    before = nodes()
    x = torch.rand(3, requires_grad=True)
    y = x * 2
    y[0] = 1.0
    y.register_hook(lambda grad: grad * 2)
    y.mul_(2)
    y.sum().backward()
    del x, y
    assert nodes() == before


PAGES_OF_A_STEP = """
import resource
import minigrad as torch

def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

x = torch.rand(20, 32, 28, 28, requires_grad=True)
for step in range(20):
    if step == 10:
        before = pages()
    torch.relu(x).sum().backward()
print((pages() - before) / 10)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told to keep what is freed")
def test_a_step_is_not_given_its_memory_page_by_page() -> None:
    done = subprocess.run([sys.executable, "-c", PAGES_OF_A_STEP], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 100  # two arrays of 2 MB are 1,000 pages
