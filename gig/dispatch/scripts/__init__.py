"""话术: what agents may say, kept by operations, found and ranked for the conversation at hand."""
