"""The doors of a bridge: take callers' requests, and answer in their service's dialect."""
