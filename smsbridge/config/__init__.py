"""From a file, a URL or the environment to a backend."""

from smsbridge.config.load import from_environment, from_file, from_mapping
from smsbridge.config.url import from_url

__all__ = ["from_environment", "from_file", "from_mapping", "from_url"]
