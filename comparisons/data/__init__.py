"""The digits that travel with the package, so that the default comparison needs no network.

`mnist5k.npz` holds 5,000 real MNIST digits; `build_mnist5k.py` says how it was made, `LICENSE-MNIST.md` whose they are.
`comparisons/digits.py` reads it.
"""
