"""The MNIST tutorial's network: two convolutions with 'same' padding, dropout, two linear layers, 28×28 digits.

`minigrad/models/cnn.py` is this file but for the import lines.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class CNN(nn.Module):
    """Shape: (N, 1, 28, 28) -> (N, 10), log-probabilities of the ten digits, in nats.

    The tutorial puts CrossEntropyLoss on top, which takes log_softmax once more. Of log-probabilities that is the
    identity, so it is harmless; the graph shows two `LogSoftmaxBackward0`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1, padding="same")
        self.conv2 = nn.Conv2d(32, 64, 3, 1, padding="same")
        self.dropout = nn.Dropout2d(0.25)
        self.fc1 = nn.Linear(64 * 7 * 7, 1000)
        self.fc2 = nn.Linear(1000, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)  # (N, 32, 14, 14)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 64, 7, 7)
        x = self.dropout(x)
        x = torch.flatten(x, 1)  # (N, 3136)
        x = F.relu(self.fc1(x))  # (N, 1000)
        x = self.fc2(x)  # (N, 10)
        return F.log_softmax(x, dim=1)
