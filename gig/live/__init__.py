"""The streams: what the outbox says, told at once to every open page that may hear it.

One small ASGI application on asyncio. It holds no state that matters: a stream that breaks is opened
again, and what it missed is read from the outbox, or the page is told to fetch afresh.
"""
