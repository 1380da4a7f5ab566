"""The audit trail of a dataset: what happened to it, as the contracts' events tell, with proofs of each."""
