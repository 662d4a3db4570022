"""Money: what a case costs, how it is paid, receipts, refunds, reconciliation. The ledger only grows."""
