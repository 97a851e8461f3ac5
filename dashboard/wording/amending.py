"""Say where a change of what both sides sign goes: it runs at once, or it is proposed in the next agreement."""

from collections.abc import Callable
from typing import Any

from sla.amendments import Standing
from sla.models import Agreement


def done(words: str) -> Callable[[Any], str]:
    """Return what is said after saving: `words` for what runs at once, else in which draft the change stands."""

    def said(result: Any) -> str:
        if not isinstance(result, Agreement):
            return words
        return f"Proposed in {result}. It takes effect when the heads of both sides have signed that version."

    return said


def sentence(standing: Standing) -> str:
    """Say what becomes of a change that is made now."""
    if standing.active is None:
        return (
            "No agreement is signed yet: a change runs at once, and is copied into the agreement when it is proposed."
        )
    if standing.next is None:
        return (
            f"Both sides signed this with {standing.active}: a change opens a draft of the next version, and takes "
            "effect when both have signed."
        )
    if standing.next.status == Agreement.Status.PROPOSED:
        return (
            f"{standing.next} is proposed, so its text is frozen: change this once it is signed, or withdraw it first. "
            f"{standing.active} runs until then."
        )
    return (
        f"Both sides signed this with {standing.active}: a change joins the draft of {standing.next}, and takes effect "
        "when both have signed."
    )
