#!/usr/bin/env python3
"""What PyTorch takes for the steps that bench/gpu_bench takes: the same network, optimisers and number formats, as one would
write them there; eager, and by torch.compile. Prints one JSON object.

usage: bench/torch_steps.py [--device cuda|cpu] [--width 64 192 1024 2048] [--steps 20] [--workers 4]

Items are random bytes, 4 KiB each, of ten labels; a DataLoader with workers brings them, and a step on one batch that is there
already says what that costs (`feed_overhead`). `first_steps_s` is the time of the first three steps, compiling included.
Needs torch >= 2.9 (torch.optim.Muon) and numpy.
"""
import argparse
import json
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional

WINDOW, TAPS, HEADS, LABELS, BYTES = 4096, 8, 4, 10, 256


def rms_norm(x: torch.Tensor) -> torch.Tensor:
    return functional.rms_norm(x.float(), x.shape[-1:], eps=1e-5).to(x.dtype)


class Block(nn.Module):
    """Every row beside its two neighbours; items' ends are blank."""

    def __init__(self, width: int):
        super().__init__()
        self.w1, self.w2 = nn.Linear(3 * width, width), nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        padded = functional.pad(rms_norm(x), (0, 0, 1, 1))
        rows = torch.cat([padded[:, :-2], padded[:, 1:-1], padded[:, 2:]], dim=2)
        return x + self.w2(functional.relu(self.w1(rows)))


class Network(nn.Module):
    """As gpu_bench's plan_of(): a stem of 8 bytes, 3 blocks, 4 rows joined into one, 2 blocks, pooling, a linear head."""

    def __init__(self, width: int):
        super().__init__()
        last = width * 3 // 2
        self.stem = nn.EmbeddingBag(TAPS * (BYTES + 1), width, mode="sum")
        self.stem_bias = nn.Parameter(torch.zeros(width))
        self.register_buffer("first_rows", torch.arange(TAPS) * (BYTES + 1), persistent=False)
        self.fine = nn.Sequential(*[Block(width) for _ in range(3)])
        self.join = nn.Linear(4 * width, last)
        self.coarse = nn.Sequential(*[Block(last) for _ in range(2)])
        self.queries = nn.Parameter(torch.randn(HEADS, last) / last**0.5)
        self.head = nn.Linear((2 + HEADS) * last, LABELS)

    def forward(self, items: torch.Tensor) -> torch.Tensor:
        n, rows = items.shape[0], WINDOW // TAPS
        x = self.stem((items.view(-1, TAPS).long() + self.first_rows)).view(n, rows, -1) + self.stem_bias
        if torch.is_autocast_enabled(items.device.type):
            x = x.to(torch.bfloat16)
        x = self.fine(x)
        x = self.coarse(self.join(rms_norm(x).reshape(n, rows // 4, -1)))
        normal = rms_norm(x).float()
        attention = (normal @ self.queries.t()).softmax(1)
        pooled = torch.cat([normal.mean(1), normal.amax(1), (attention.transpose(1, 2) @ normal).flatten(1)], dim=1)
        features = functional.layer_norm(pooled, pooled.shape[1:])
        return self.head(functional.dropout(features, 0.2, self.training))

    def hidden_matrices(self) -> list[nn.Parameter]:
        return [module.weight for module in self.modules() if isinstance(module, nn.Linear) and module is not self.head]


class RandomItems(torch.utils.data.Dataset):
    def __init__(self, n_items: int):
        generator = torch.Generator().manual_seed(1)
        self.values = torch.randint(BYTES, (n_items, WINDOW), dtype=torch.uint8, generator=generator)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, i: int):
        return self.values[i], i % LABELS


def endless(loader):
    while True:
        yield from loader


class Steps:
    def __init__(self, width: int, device: str, compiled: bool):
        torch.manual_seed(0)
        self.device, self.network = device, Network(width).to(device)
        matrices = self.network.hidden_matrices()
        others = [p for p in self.network.parameters() if not any(p is matrix for matrix in matrices)]
        self.optimisers = [torch.optim.Muon(matrices, lr=0.02, weight_decay=0.05),
                           torch.optim.AdamW(others, lr=2e-3, betas=(0.9, 0.98), weight_decay=0.05, fused=True)]
        self.loss = torch.compile(self.plain_loss) if compiled else self.plain_loss

    def plain_loss(self, items: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        with torch.autocast(self.device, torch.bfloat16):
            logits = self.network(items)
        return functional.cross_entropy(logits.float(), labels, label_smoothing=0.1)

    def take(self, batch) -> torch.Tensor:
        items, labels = (values.to(self.device, non_blocking=True) for values in batch)
        loss = self.loss(items, labels)
        loss.backward()
        for optimiser in self.optimisers:
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        return loss.detach()


def wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def median_ms(take, n_steps: int, device: str) -> float:
    times_ms = []
    for _ in range(5):
        wait(device)
        start_s = time.perf_counter()
        for _ in range(n_steps):
            take()
        wait(device)
        times_ms.append(1e3 * (time.perf_counter() - start_s) / n_steps)
    return statistics.median(times_ms)


def measure(width: int, compiled: bool, args) -> dict:
    n_items = max(8, (1 << 17 if width <= 64 else 1 << 20) // WINDOW) if not args.batch else args.batch
    loader = torch.utils.data.DataLoader(RandomItems(8 * n_items), batch_size=n_items, shuffle=True, drop_last=True,
                                         num_workers=args.workers, pin_memory=args.device == "cuda",
                                         persistent_workers=args.workers > 0)
    batches, steps = endless(loader), Steps(width, args.device, compiled)
    start_s = time.perf_counter()
    losses = [steps.take(next(batches)) for _ in range(3)]
    wait(args.device)
    first_steps_s = time.perf_counter() - start_s
    fixed = [values.to(args.device) for values in next(batches)]
    fed_ms = median_ms(lambda: losses.append(steps.take(next(batches))), args.steps, args.device)
    fixed_ms = median_ms(lambda: steps.take(fixed), args.steps, args.device)
    return {"width": width, "parameters": sum(p.numel() for p in steps.network.parameters()), "items": n_items,
            "first_steps_s": first_steps_s, "step_ms": fed_ms, "fixed_batch_ms": fixed_ms, "feed_overhead": fed_ms / fixed_ms,
            "bytes_per_s": 1e3 * n_items * WINDOW / fed_ms, "first_loss": float(losses[0]), "last_loss": float(losses[-1])}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--width", type=int, nargs="+", default=[64, 192, 1024, 2048])
    parser.add_argument("--steps", type=int, default=20, help="of each of five rounds")
    parser.add_argument("--batch", type=int, default=0, help="items; default: 32 for width 64, 256 for others")
    parser.add_argument("--workers", type=int, default=4)
    args = parser.parse_args()
    if args.device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch_steps: this torch finds no CUDA device")
    report = {"torch": torch.__version__, "device": torch.cuda.get_device_name() if args.device == "cuda" else "cpu"}
    for name, compiled in (("eager", False), ("compiled", True)):
        report[name] = []
        for width in args.width:
            try:
                report[name].append(measure(width, compiled, args))
            except Exception as error:  # torch.compile wants a compiler, large networks memory: the others still count
                report[name].append({"width": width, "error": str(error).splitlines()[0] if str(error) else repr(error)})
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
