"""临时加成: some percent more on one queue for a while, as long as its budget lasts."""
