"""The streams: what the outbox says, told at once to every open page that may hear it.

One small ASGI application on asyncio. It holds no state that matters: a stream that breaks is opened
again, and what it missed is told from the last of the outbox, which each process reads when it begins, or
the page is told to fetch afresh.
"""
