"""Compares what vLLM generated with what transformers gives for the same tokens before."""

from dataclasses import dataclass

# Log-probabilities that differ by no more are near. vLLM and transformers round their bf16 at other places: the largest
# difference seen of a model that was loaded right is BOUND / 3.
BOUND = 0.15


@dataclass
class Agreement:
    """Of all tokens that were generated."""

    tokens: int = 0
    near_ties: int = 0
    others: int = 0
    furthest: float = 0.0

    def same(self):
        return not self.others and self.furthest <= BOUND

    def __str__(self):
        near = f", {self.near_ties} at near-ties" * (self.near_ties > 0)
        others = f", {self.others} others" * (self.others > 0)
        return f"{self.tokens} tokens{near}{others}, log-probabilities within {self.furthest:.3f}"


def compare(generated, expected):
    """`generated` is vLLM's [(token, {token: log-probability})], `expected` the reference's log-probabilities.

    The reference has been given vLLM's tokens. So where the two would take different ones, they go on from the same.
    """
    found = Agreement()
    for (token, likeliest), ours in zip(generated, expected, strict=True):
        best = int(ours.argmax())
        found.tokens += 1
        found.furthest = max(found.furthest, *(abs(p - float(ours[t])) for t, p in likeliest.items()))
        if token != best:
            near = best in likeliest and max(float(ours[best] - ours[token]), likeliest[token] - likeliest[best]) <= BOUND
            found.near_ties += near
            found.others += not near
    return found


def joined(agreements):
    both = lambda a, b: Agreement(
        a.tokens + b.tokens, a.near_ties + b.near_ties, a.others + b.others, max(a.furthest, b.furthest)
    )
    total = Agreement()
    for agreement in agreements:
        total = both(total, agreement)
    return total
