"""Compares what vLLM generated with what transformers gives for the same tokens before."""

from dataclasses import dataclass, field
from itertools import chain

# Log-probabilities that differ by no more are near. vLLM and transformers round at other places, and where activations
# are integers a difference of 2^-24 may make one of them another. Seen: at most 0.14, and 0.036 in the mean, of right
# models; 0.42 and 0.057 where one channel's scales were doubled.
BOUND = 0.2
# Of all their differences.
MEAN_BOUND = 0.05


@dataclass
class Agreement:
    """Of all tokens that were generated."""

    tokens: int = 0
    near_ties: int = 0
    others: int = 0
    differences: list = field(default_factory=list)

    def mean(self):
        return sum(self.differences) / len(self.differences)

    def same(self):
        return not self.others and max(self.differences) <= BOUND and self.mean() <= MEAN_BOUND

    def __str__(self):
        near = f", {self.near_ties} at near-ties" * (self.near_ties > 0)
        others = f", {self.others} others" * (self.others > 0)
        sizes = f"{self.mean():.4f}, at most {max(self.differences):.3f}"
        return f"{self.tokens} tokens{near}{others}; log-probabilities differ by {sizes}"


def compare(answers, expected):
    """`answers` are vLLM's lists of (token, {token: log-probability}), `expected` the reference's log-probabilities.

    The reference has been given vLLM's tokens. So where the two would take different ones, they go on from the same.
    """
    found = Agreement()
    for (token, likeliest), ours in zip(chain(*answers), chain(*expected), strict=True):
        best = int(ours.argmax())
        found.tokens += 1
        found.differences += [abs(p - float(ours[t])) for t, p in likeliest.items()]
        if token != best:
            gap = max(float(ours[best] - ours[token]), likeliest[token] - likeliest.get(best, float("-inf")))
            near = gap <= BOUND
            found.near_ties += near
            found.others += not near
    return found
