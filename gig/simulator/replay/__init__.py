"""Dialogues played again over HTTP: customers ask, agents claim and answer, in the server's time."""
