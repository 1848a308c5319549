"""Optimizers: what to do with a gradient once backward has left it in `.grad`.

    optimizer = optim.SGD(net.parameters(), lr=0.01)
    for input, target in loader:
        optimizer.zero_grad()                       # forget the last gradients: backward adds to them
        criterion(net(input), target).backward()    # g = ∂ℒ/∂θ for every parameter θ
        optimizer.step()                            # θ ← θ − lr · g, or something cleverer

Read them in this order: `optimizer.py`, what all have in common; `blocks.py`, what their rules are written with;
`sgd.py`, one step downhill; `adagrad.py`, a step size for each parameter; `rmsprop.py`, the same with a memory that
fades; `adadelta.py`, which needs no rate; `adam.py`, momentum and step sizes at once; `adamw.py`, which decays the
weights outside of it; `lr_scheduler.py`, which changes the rate from epoch to epoch.
"""

from . import lr_scheduler
from .adadelta import Adadelta
from .adagrad import Adagrad
from .adam import Adam
from .adamw import AdamW
from .optimizer import Optimizer
from .rmsprop import RMSprop
from .sgd import SGD

__all__ = ["SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "lr_scheduler"]
