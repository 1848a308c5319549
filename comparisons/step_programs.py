"""What `step` walks through: the loss of a network, or an expression, run forward in both libraries.

An expression is Python with x, w and b, or statements that make other leaves and an expression behind them; it is run
as it stands, with `torch` for either library. Read next: `step_record.py`, which runs it backward and takes notes.
"""

from .cases.table import evaluate
from .explain_programs import quiet
from .expressions import MAY_USE, names_for, words_for
from .libraries import Library, both_libraries, equal_threads, start_equal
from .settings import RECIPES, CannotRun, Settings
from .step_record import Pass, names_of_leaves, record_pass
from .training import digits_for, prepare

DEFAULT = "((x @ w.t() + b).relu()).sum()"
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
    passes = [pass_of(library, expression, seed) for library in both_libraries(settings_for("cnn", seed))]
    return passes[0], passes[1]


def pass_of(library: Library, expression: str, seed: int) -> Pass:
    """The expression in one library, with x, w and b, and its backward pass. Raises: CannotRun, with the reason."""
    torch = library.torch
    names = names_for(torch, seed)

    def cannot(reason: str) -> CannotRun:
        return CannotRun(f"--expr {expression!r}: {reason}")

    try:
        with quiet():
            loss = evaluate(expression, names)
    except (SyntaxError, AssertionError, IndexError) as error:
        if isinstance(error, IndexError) and expression.strip():
            raise cannot(f"in {library.name} {words_for(error)}") from error
        reason = getattr(error, "msg", "") or "the last statement must be an expression, the loss"
        raise cannot(f"not understood: {reason}") from error
    except Exception as error:
        raise cannot(f"in {library.name} {words_for(error)}. {MAY_USE}") from error
    if not torch.is_tensor(loss) or loss.grad_fn is None:
        raise cannot("nothing in it requires grad, so there is no backward pass; use x, w or b")
    if loss.numel() != 1:
        raise cannot(f"its shape is {tuple(loss.shape)}, and a loss is one number; add .sum()")
    try:
        return record_pass(loss, names_of_leaves(names, torch))
    except RuntimeError as error:
        raise cannot(f"backward in {library.name}: {error}") from error
