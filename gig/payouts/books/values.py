"""What finance may take back from the page of an entry."""

from __future__ import annotations

REVERSIBLE = ("earning", "penalty", "triage", "adjustment", "award")
"""The kinds of entry that a reversal may name. Payments go back by a bank result, a reversal by a new one."""
