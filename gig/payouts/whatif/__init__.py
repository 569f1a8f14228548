"""What a card would have paid for work that is done: any card against any past span, to the fen."""
