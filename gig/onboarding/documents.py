"""What the tax features of payouts must know of who was verified, and by which document."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from gig.onboarding.models import Application
from gig.onboarding.rules.resident_id import is_permit_number
from gig.payouts.tax import values
from gig.payouts.tax.values import Document


def documents(session: Session, agent_ids: Sequence[str]) -> dict[str, Document]:
    """The document of each agent who was verified by one and whose identity was not erased."""
    query = sa.select(Application.person_id, Application.legal_name, Application.id_number).where(
        Application.person_id.in_(agent_ids),
        Application.state == "approved",
        Application.erased_at.is_(None),
    )
    return {
        person_id: Document(name, "permit" if is_permit_number(number) else "resident_id", number)
        for person_id, name, number in session.execute(query)
        if name and number
    }


values.documents.append(documents)
