from smsbridge.testing import BackendContract


class TestTiny(BackendContract):
    backend = "tiny:Tiny"
