"""The customer's side: the API that channels use, and the chat page behind a link."""
