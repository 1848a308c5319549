"""`python -m comparisons …`: the same program in minigrad and in torch, and what differs.

Read `training.py` first: the one training loop, which takes the library as its argument. Then the three commands, each
a file of its own: `mnist.py` trains both sides, `gradients.py` compares one batch number by number, `graph.py` draws
both graphs. What "agree" means, with every tolerance and its reason, is in `agreement.py`.
"""
