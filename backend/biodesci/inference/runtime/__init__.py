"""How a worker computes, and how an auditor computes again."""
