"""How the tests run: hypothesis profiles, and a guard that no test leaves a switch turned."""

import warnings

import pytest
import torch
from hypothesis import HealthCheck, settings

import minigrad

settings.register_profile(
    "ci", max_examples=40, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("dev", max_examples=40, deadline=None)
settings.register_profile("deep", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("dev")  # `pytest --hypothesis-profile=deep` for the thorough run

collect_ignore_glob = ["scripts/*"]  # they would run where they are looked through for examples

# torch loads its optimizers' compiler when first asked for one, and that warns.
warnings.filterwarnings("ignore", category=DeprecationWarning, module="torch")


@pytest.fixture(autouse=True)
def no_test_leaves_a_switch_turned():
    """Fails a test that leaks grad mode or default dtype in either library, and seeds both before it."""
    torch.manual_seed(0)
    minigrad.manual_seed(0)
    yield
    left = (minigrad.is_grad_enabled(), torch.is_grad_enabled())
    minigrad.set_grad_enabled(True)
    torch.set_grad_enabled(True)
    dtypes = (minigrad.get_default_dtype(), torch.get_default_dtype())
    minigrad.set_default_dtype(minigrad.float32)
    torch.set_default_dtype(torch.float32)
    assert left == (True, True), "the test left grad mode off"
    assert dtypes == (minigrad.float32, torch.float32), "the test left another default dtype"
