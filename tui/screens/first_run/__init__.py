"""The guide that sets up a new site."""
