"""An image classifier from data to per-class accuracy, on small colour images that are made up here."""

import os
import tempfile

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, Dataset

torch.manual_seed(42)
classes = ("plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class ColourPatches(Dataset):
    """3x32x32 images in [0, 1]: noise with a bright patch whose place and colour tell the class."""

    def __init__(self, size, seed, transform=None):
        generator = torch.Generator().manual_seed(seed)
        self.labels = torch.randint(0, 10, (size,), generator=generator)
        self.images = 0.4 * torch.rand(size, 3, 32, 32, generator=generator)
        for image, label in zip(self.images, self.labels.tolist(), strict=True):
            row, column = divmod(label, 4)
            image[label % 3, 10 * row : 10 * row + 10, 8 * column : 8 * column + 8] += 0.6
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        if self.transform is not None:
            image = self.transform(image)
        return image, self.labels[index].item()


def normalize(image, mean=(0.22, 0.22, 0.22), std=(0.16, 0.15, 0.15)):
    return (image - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None]


batch_size = 4
trainset = ColourPatches(320, seed=1, transform=normalize)
testset = ColourPatches(80, seed=2, transform=normalize)
trainloader = DataLoader(trainset, batch_size=batch_size, shuffle=True, num_workers=0)
testloader = DataLoader(testset, batch_size=batch_size, shuffle=False, num_workers=0)
print(len(trainset), len(testset), len(trainloader), len(testloader))

images, labels = next(iter(trainloader))
print(images.shape, images.dtype, labels, labels.dtype)
print(f"pixels {images.min():.4f} to {images.max():.4f}, mean {images.mean():.5f}")
print(" ".join(f"{classes[labels[j]]:5s}" for j in range(batch_size)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = torch.flatten(x, 1)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


device = torch.device("cuda:0" if torch.cuda.is_available() else "cpu")
print(device)
net = Net().to(device)
print(net)
criterion = nn.CrossEntropyLoss()
optimizer = optim.SGD(net.parameters(), lr=0.002, momentum=0.9)
print(criterion, optimizer)

for epoch in range(2):
    running_loss = 0.0
    for i, data in enumerate(trainloader, 0):
        inputs, labels = data[0].to(device), data[1].to(device)
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
        if i % 20 == 19:
            print(f"[{epoch + 1}, {i + 1:5d}] loss: {running_loss / 20:.3f}")
            running_loss = 0.0
print("trained", net.fc3.bias)

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "net.pth")
    torch.save(net.state_dict(), path)
    again = Net()
    print(again.load_state_dict(torch.load(path, weights_only=True)))
print([torch.equal(p, q) for p, q in zip(net.state_dict().values(), again.state_dict().values(), strict=True)])
net = again.to(device)

images, labels = next(iter(testloader))
print("truth    ", " ".join(f"{classes[labels[j]]:5s}" for j in range(4)))
outputs = net(images)
values, predicted = torch.max(outputs, 1)
print("predicted", " ".join(f"{classes[predicted[j]]:5s}" for j in range(4)))
print(values, predicted)
print(torch.max(outputs, 1).indices, outputs.argmax(dim=1))

correct, total = 0, 0
with torch.no_grad():
    for images, labels in testloader:
        outputs = net(images.to(device))
        _, predicted = torch.max(outputs.data, 1)
        total += labels.size(0)
        correct += (predicted == labels).sum().item()
print(f"{correct} of {total} right: {100 * correct // total} %")

correct_pred = {name: 0 for name in classes}
total_pred = {name: 0 for name in classes}
with torch.no_grad():
    for images, labels in testloader:
        _, predictions = torch.max(net(images), 1)
        for label, prediction in zip(labels, predictions, strict=True):
            if label == prediction:
                correct_pred[classes[label]] += 1
            total_pred[classes[label]] += 1
for name, count in correct_pred.items():
    print(f"{name:5s} {count:2d} of {total_pred[name]:2d}: {100 * float(count) / max(total_pred[name], 1):5.1f} %")
