"""Appeals on an agent's phone and at the reviewers' desk."""
