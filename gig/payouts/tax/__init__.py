"""Income tax: which policy holds, what is withheld of a payment, and what the tax office is told."""
