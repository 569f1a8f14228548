"""The pages of onboarding, cut by who reads them."""
