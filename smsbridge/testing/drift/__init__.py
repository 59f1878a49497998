"""What has changed at the live service since a fixture was written."""
