"""Papers that go out: their numbers and register, certificates, signatures, and what anybody can check of them."""
