"""Everything that the invented customers say. No word of it was said by a real one."""

from gig.simulator.stories import account, delivery, general, merchant, quality, refund
from gig.simulator.story import Story

STORIES: tuple[Story, ...] = (
    *refund.STORIES,
    *delivery.STORIES,
    *quality.STORIES,
    *account.STORIES,
    *merchant.STORIES,
    *general.STORIES,
)
