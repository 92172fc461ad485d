"""What the post office refuses."""

from workspace.errors import Refusal


class PushRefused(Refusal):
    """A browser that cannot be told by push. The sentence says why, and never holds its address."""
