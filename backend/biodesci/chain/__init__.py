"""The contracts, seen from Python: client, accounts, deployment file, exported ABIs."""
