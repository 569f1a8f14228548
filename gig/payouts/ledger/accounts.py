"""The chart of accounts. Segments are plain ASCII, so that hledger and beancount accept the journal."""

from __future__ import annotations

COMMISSION = "Expenses:Commission"
LATE_PENALTY = "Expenses:Commission:LatePenalty"
TRIAGE = "Expenses:Commission:Triage"
ADJUSTMENT = "Expenses:Adjustment"
AWARD = "Expenses:Award"
CLEARING = "Assets:Bank:PayoutClearing"
OPERATING = "Assets:Bank:Operating"
TAX_WITHHELD = "Liabilities:Tax:IITWithheld"

ALL_PAYABLE = "Liabilities:AgentPayable"
"""What the house owes all agents: no account of the book, but what theirs are called together."""

_PAYABLE = f"{ALL_PAYABLE}:A"


def payable(agent_id: str) -> str:
    """What the house owes one agent."""
    return _PAYABLE + agent_id.upper()


def is_payable(account: str) -> bool:
    return account.startswith(_PAYABLE)


def owner(account: str) -> str:
    """The agent to whom the house owes it; empty for any other account."""
    return account.removeprefix(_PAYABLE).lower() if is_payable(account) else ""
