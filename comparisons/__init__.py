"""`python -m comparisons …`: the same program in minigrad and in torch, and what differs.

Read `training.py` first: the one training loop, which takes the library as its argument. Then three commands, each a
file of its own: `mnist.py` trains both sides, `gradients.py` compares one batch number by number, `graph.py` draws both
graphs. What "agree" means there, with every tolerance and its reason, is in `agreement.py`.

The fourth command needs no network: `parity.py` runs every operation in random cases. They are drawn in `cases/`, held
together by `checks.py`, and what is known to differ is in `differences.py`. `speed.py` times both sides, `fast.py`
trains torch as fast as it goes (`mnist --fast`), `ddp.py` trains with several processes.

What `mnist` leaves can be taken up again: `checkpoint.py` lets an interrupted run go on (`mnist --resume`), and
`predict.py` asks a saved run for a digit. `datasets.py` looks after the digits (`data`), `doctor.py` after all else.
"""
