"""What finance adds or takes beside the price of replies: bonuses, awards, clawbacks, back pay, reversals."""
