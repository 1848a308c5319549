"""What `step` walks through: the loss of a network, or an expression, run forward in both libraries.

Read next: `step_record.py`, which runs it backward and takes notes.
"""

from .expressions import cannot, values_of
from .libraries import both_libraries, equal_threads, start_equal
from .settings import RECIPES, Settings
from .step_record import Pass, record_pass
from .training import digits_for, prepare

DEFAULT = "y = x @ w.t() + b; (y.relu() + y).sum()"  # y is used twice, so its node waits for two gradients
BATCH = 4  # digits of --net


def of_network(net: str, seed: int) -> tuple[Pass, Pass]:
    """The loss of the first batch, backward on both sides, from equal weights."""
    settings = settings_for(net, seed)
    digits = digits_for(settings)
    with equal_threads(settings.threads):
        ours, theirs = (prepare(library, settings, digits) for library in both_libraries(settings))
        start_equal(ours.model, theirs.model, settings)
        passes = []
        for learner in (ours, theirs):
            learner.library.torch.manual_seed(seed)  # the same digits, the same dropout
            images, targets = next(iter(learner.train_loader))
            loss = learner.criterion(learner.model(images), targets)
            names = {id(parameter): name for name, parameter in learner.model.named_parameters()}
            passes.append(record_pass(loss, names))
    return passes[0], passes[1]


def settings_for(net: str, seed: int) -> Settings:
    """A recipe's settings, for one batch."""
    return Settings(
        command="step", net=net, seed=seed, data="embedded", data_dir="data", limit=None, device="cpu", threads=None,
        dtype="float32", epochs=1, batch_size=BATCH, lr=RECIPES[net].lr, out=None, json=False, quiet=True,
    )  # fmt: skip


def of_expression(expression: str, seed: int) -> tuple[Pass, Pass]:
    """The expression's value, backward on both sides. Raises: CannotRun where that is not possible."""
    libraries, passes = both_libraries(settings_for("cnn", seed)), []
    for library, value in zip(libraries, values_of(expression, libraries, seed), strict=True):
        if value.tensor.numel() != 1:
            reason = f"its shape is {tuple(value.tensor.shape)}, and a loss is one number; add .sum()"
            raise cannot(expression, reason)
        try:
            passes.append(record_pass(value.tensor, value.names))
        except RuntimeError as error:
            raise cannot(expression, f"backward in {library.name}: {error}") from error
    return passes[0], passes[1]
