"""The same networks in PyTorch itself: what minigrad is measured against."""
