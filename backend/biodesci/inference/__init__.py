"""Encrypted inference: requester, worker, auditor."""
