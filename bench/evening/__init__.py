"""An evening peak on a whole site while its processes are killed, and the reckoning afterwards."""
