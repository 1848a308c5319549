"""The usual training program for MNIST with its command line, on digits made up on the spot."""

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, Dataset


class DigitNet(nn.Module):
    def __init__(self, channels=8, hidden=64):
        super().__init__()
        self.lower = nn.Conv2d(1, channels, 3, 1)
        self.upper = nn.Conv2d(channels, 2 * channels, 3, 1)
        self.drop_some = nn.Dropout(0.25)
        self.drop_half = nn.Dropout(0.5)
        self.hidden = nn.Linear(2 * channels * 12 * 12, hidden)
        self.scores = nn.Linear(hidden, 10)

    def forward(self, images):
        maps = F.relu(self.upper(F.relu(self.lower(images))))
        flat = torch.flatten(self.drop_some(F.max_pool2d(maps, 2)), 1)
        return F.log_softmax(self.scores(self.drop_half(F.relu(self.hidden(flat)))), dim=1)


class Standardize:
    def __init__(self, mean, std):
        self.mean, self.std = mean, std

    def __call__(self, image):
        return (image - self.mean) / self.std


class MadeUpDigits(Dataset):
    """Each class lights up its own block of rows and columns over a noisy ground."""

    def __init__(self, n, transform=None):
        self.labels = torch.randint(0, 10, (n,))
        self.images = 0.3 * torch.rand(n, 1, 28, 28)
        for i in range(n):
            row, column = divmod(int(self.labels[i]), 5)
            self.images[i, 0, 4 + 12 * row : 12 + 12 * row, 2 + 5 * column : 7 + 5 * column] += 0.7
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        image = self.images[index]
        return (image if self.transform is None else self.transform(image)), self.labels[index].item()


def train(net, loader, optimizer, device, epoch, options):
    net.train()
    seen = 0
    for number, (images, labels) in enumerate(loader):
        images, labels = images.to(device), labels.to(device)
        optimizer.zero_grad()
        loss = F.nll_loss(net(images), labels)
        loss.backward()
        optimizer.step()
        seen += len(images)
        if number % options.report_every == 0:
            share = seen / len(loader.dataset)
            print(f"epoch {epoch}, {seen:3d} of {len(loader.dataset)} ({share:4.0%}), loss {loss.item():.6f}")
            if options.dry_run:
                return


def test(net, loader, device):
    net.eval()
    total, right = 0.0, 0
    with torch.no_grad():
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            output = net(images)
            total += F.nll_loss(output, labels, reduction="sum").item()
            guess = output.argmax(dim=1, keepdim=True)
            right += guess.eq(labels.view_as(guess)).sum().item()
    n = len(loader.dataset)
    print(f"test: {total / n:.4f} on average, {right} of {n} right, that is {right / n:.1%}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-size", type=int, default=16, help="images a step of the training")
    parser.add_argument("--test-batch-size", type=int, default=50, help="images at a time in the test")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--lr", type=float, default=1.0, help="the rate to begin with")
    parser.add_argument("--gamma", type=float, default=0.7, help="what the rate is multiplied with after an epoch")
    parser.add_argument("--cpu", action="store_true", help="leave an accelerator alone")
    parser.add_argument("--dry-run", action="store_true", help="one step an epoch")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--report-every", type=int, default=2)
    options = parser.parse_args()
    print(options)

    torch.manual_seed(options.seed)
    accelerated = torch.accelerator.is_available() and not options.cpu
    device = torch.accelerator.current_accelerator() if accelerated else torch.device("cpu")
    print(device, device.type)

    loading = dict(num_workers=1, pin_memory=True) if accelerated else {}
    standardize = Standardize(0.1307, 0.3081)
    train_loader = DataLoader(MadeUpDigits(96, standardize), batch_size=options.batch_size, shuffle=True, **loading)
    test_loader = DataLoader(MadeUpDigits(50, standardize), batch_size=options.test_batch_size, **loading)
    image, label = train_loader.dataset[0]
    print(image.shape, f"{image.mean().item():.5f} {image.std().item():.5f}", label)
    images, labels = next(iter(test_loader))
    print(images.shape, images.dtype, labels)

    net = DigitNet().to(device)
    print(net)
    optimizer = optim.Adadelta(net.parameters(), lr=options.lr)
    scheduler = StepLR(optimizer, step_size=1, gamma=options.gamma)
    for epoch in range(options.epochs):
        print("rate", scheduler.get_last_lr(), optimizer.param_groups[0]["lr"])
        train(net, train_loader, optimizer, device, epoch, options)
        test(net, test_loader, device)
        scheduler.step()

    for name, tensor in net.state_dict().items():
        print(name, tuple(tensor.shape), f"{tensor.norm().item():.4f}")
    print(scheduler.state_dict()["_last_lr"], scheduler.last_epoch)


if __name__ == "__main__":
    main()
