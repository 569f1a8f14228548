"""`python -m gig`: the same as the command `gig`."""

from gig.cli import main

main()
