"""Every write of onboarding."""
