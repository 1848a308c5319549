"""What a run is told: the recipes of the two tutorials, and the options of the command line on top of them.

`__main__.py` makes one `Settings` from the command line and hands it to the command; nothing else looks at the options.
Read next: `training.py`, which follows the recipe.
"""

from dataclasses import dataclass


class CannotRun(Exception):
    """Something that the command needs is not there. The text says what, and the way out; it ends in exit code 2."""


class DataError(Exception):
    """The digits cannot be had. The text says which file or package is the matter, and the way out."""


@dataclass(frozen=True)
class Recipe:
    """How a tutorial trains its network. Classes are named, because each library brings its own of that name."""

    network: str  # in models
    criterion: str  # in nn
    optimizer: str  # in optim
    lr: float
    batch_size: int  # digits
    epochs: int  # on the embedded digits
    threads: int | None  # None: as many as torch chooses for this machine
    image_size: int = 28  # pixels; MNIST's own 28, or padded to 32
    one_hot: bool = False  # targets as ten numbers each instead of one label


# The MNIST tutorial trains for 15 epochs on the full set; four on the embedded digits take about a minute.
#
# The tutorial on neural networks shows LeNet one image, a target and `SGD(lr=0.01)` under MSELoss. We keep all of that:
# one digit at a time. The loss is a mean over ten outputs, nine of which want to be 0, so its gradients are small, and
# at this rate learning is slow: in batches of 50, six epochs end at 18 % of the digits right. One digit at a time there
# are 50 times as many steps, and six epochs end at about 90 %. (Or raise the rate: `--batch-size 50 --lr 0.5`, a few
# seconds.) One digit is too little work to share between threads: waiting for each other costs more than it saves.
RECIPES = {
    "cnn": Recipe("CNN", "CrossEntropyLoss", "Adam", lr=0.001, batch_size=50, epochs=4, threads=None),
    "lenet": Recipe(
        "LeNet", "MSELoss", "SGD", lr=0.01, batch_size=1, epochs=6, threads=1, image_size=32, one_hot=True
    ),
}

# The leaves that an expression of `graph --expr` or `step --expr` may use, and their shapes: all products fit.
OPERANDS = {"x": (3, 3), "w": (3, 3), "b": (3,)}
OPERANDS_IN_WORDS = "x (3, 3), w (3, 3) and b (3)"


@dataclass(frozen=True)
class Settings:
    """Everything that the command line decides, with the recipe's value where it says nothing."""

    command: str
    net: str
    seed: int
    data: str
    data_dir: str
    limit: int | None  # how many training digits to use; None for all
    device: str  # torch's; minigrad computes on the CPU
    threads: int | None
    dtype: str
    epochs: int
    batch_size: int
    lr: float
    out: str | None  # where to make the run's folder; None to write nothing
    json: bool
    quiet: bool
    yardstick: bool = False  # of mnist alone: whether torch is trained against itself too
    resume: str | None = None  # of mnist alone: the folder of the run to go on with
    format: str | None = None  # of graph alone, as are the rest; None: as the output file is called, else trees
    layout: str = "own"  # who places the boxes of a picture
    output: str | None = None  # the file to write to; None for stdout
    saved: bool = False  # whether to list what the nodes keep
    expr: str | None = None  # an expression to draw in place of a network

    @property
    def recipe(self) -> Recipe:
        return RECIPES[self.net]
