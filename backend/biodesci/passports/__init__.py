"""A visa issuer that believes GA4GH passports: it reads one, and signs visas for the account of its holder.

GA4GH Passport 1.2 (https://github.com/ga4gh-duri/ga4gh-duri.github.io) and the GA4GH AAI profile say what a
passport is; EIP-4361 (sign-in with Ethereum) is how an account asks. A room of its own.
"""
