"""The MNIST tutorial on made-up digits: loader, device, dropout, Adam, training and the accuracy over a test set."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(1)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, 1, padding="same")
        self.conv2 = nn.Conv2d(32, 64, 3, 1, padding="same")
        self.drop = nn.Dropout2d(0.25)
        self.fc1 = nn.Linear(3136, 1000)
        self.fc2 = nn.Linear(1000, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = self.drop(x)
        x = torch.flatten(x, 1)
        x = self.fc2(F.relu(self.fc1(x)))
        return F.log_softmax(x, dim=1)


labels = torch.randint(0, 10, (60,))
images = torch.rand(60, 1, 28, 28) * 0.3
for i, label in enumerate(labels.tolist()):
    images[i, 0, 2 * label : 2 * label + 4] += 0.7
train = DataLoader(TensorDataset(images[:40], labels[:40]), batch_size=10, shuffle=True)
test = DataLoader(TensorDataset(images[40:], labels[40:]), batch_size=10)

model = CNN().to(device)
print(model)
optimizer = optim.Adam(model.parameters(), lr=0.001)
print(optimizer)
criterion = nn.CrossEntropyLoss()
for epoch in range(2):
    model.train()
    for batch_idx, (data, target) in enumerate(train):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = criterion(output, target)
        loss.backward()
        optimizer.step()
        print(f"epoch {epoch} batch {batch_idx} loss {loss.item():.4f}", target)
    model.eval()
    correct, total = 0, 0
    with torch.no_grad():
        for data, target in test:
            output = model(data.to(device))
            predicted = output.argmax(dim=1)
            also = output.data.max(1)[1]
            correct += (predicted == target).sum().item()
            total += target.size(0)
            print(predicted, (also == predicted).all())
    print(f"accuracy {correct} of {total}: {100.0 * correct / total:.1f} %", loss)
