"""LeNet, as the tutorial on neural networks writes it: two convolutions, three linear layers, 32×32 digits.

`minigrad/models/lenet.py` is this file but for the import lines.
"""

import torch
import torch.nn as nn
import torch.nn.functional as F


class LeNet(nn.Module):
    """Shape: (N, 1, 32, 32) -> (N, 10), scores of the ten digits.

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", figure 2, in today's form.
    """

    def __init__(self) -> None:
        super(LeNet, self).__init__()
        self.conv1 = nn.Conv2d(1, 6, 3)
        self.conv2 = nn.Conv2d(6, 16, 3)
        self.fc1 = nn.Linear(16 * 6 * 6, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))  # (N, 6, 15, 15)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)  # (N, 16, 6, 6)
        x = x.view(-1, self.num_flat_features(x))  # (N, 576)
        x = F.relu(self.fc1(x))  # (N, 120)
        x = F.relu(self.fc2(x))  # (N, 84)
        return self.fc3(x)  # (N, 10)

    def num_flat_features(self, x: torch.Tensor) -> int:
        """How many numbers each item of the batch has."""
        size = x.size()[1:]  # all dimensions but the batch
        num_features = 1
        for s in size:
            num_features *= s
        return num_features
