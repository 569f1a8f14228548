"""Which days are holidays: a calendar that ops may correct, for the dates of rate cards."""
