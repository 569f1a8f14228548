"""The floor that every feature stands on: money, time, database, events, errors. No feature words here."""
