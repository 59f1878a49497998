"""From a file, a URL or the environment to a backend."""
