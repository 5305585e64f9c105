"""What nobody can know because the order decides in which the scheduler comes to the pods.

The verdict is ``unknown`` then, with the filter on which it hangs and how many of the nodes it hangs for get their pod
at most.
"""

from __future__ import annotations

from collections.abc import Mapping

from kubectl_ds.engine.decision import Cause, Decision, Verdict
from kubectl_ds.engine.evidence import OrderEvidence


def order_cause(code: str, at_most: int) -> Cause:
    """The cause of a verdict that hangs on the order, by the filter that would refuse."""
    return Cause(code=code, evidence=OrderEvidence(order=True, at_most=at_most))


def left_to_the_order(
    decisions: tuple[Decision, ...], changed: Mapping[str, str], at_most: int
) -> tuple[Decision, ...]:
    """The decisions, those of these nodes unknown, with the filter on which each hangs and how many get in at most.

    Where the same filter has left others to the order before, the number is that of all of them together.
    """
    most = dict.fromkeys(changed.values(), at_most)
    before = {_order_of(each) for each in decisions if each.node not in changed} if at_most else set()
    for code, count in before:
        most |= {code: most[code] + count} if code in most else {}
    told = []
    for each in decisions:
        code = changed.get(each.node) or (_order_of(each)[0] if at_most else "")
        if code in most:
            told.append(left_open(each, order_cause(code, most[code])))
        else:
            told.append(each)
    return tuple(told)


def left_open(decision: Decision, cause: Cause) -> Decision:
    """Nobody can know whether the pod runs there; ``cause`` says on what it hangs."""
    return Decision(node=decision.node, eligibility=decision.eligibility, verdict=Verdict.UNKNOWN, scheduling=(cause,))


def _order_of(decision: Decision) -> tuple[str, int]:
    """The filter by which the order decides, and how many get in at most; nothing where it does not decide."""
    evidence = decision.scheduling[0].evidence if decision.scheduling else None
    if decision.verdict is not Verdict.UNKNOWN or not isinstance(evidence, OrderEvidence) or not evidence.at_most:
        return "", 0
    return decision.scheduling[0].code, evidence.at_most
