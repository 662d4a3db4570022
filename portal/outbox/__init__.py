"""Messages to the workers, written in the transaction of the change that causes them."""
