"""The loopback ports of a local network."""

from __future__ import annotations

from dataclasses import dataclass, fields

from biodesci.localnet.processes import free_port, require_port


@dataclass(frozen=True)
class Ports:
    """Loopback TCP ports."""

    chain: int = 8545
    ipfs: int = 5001
    gateway: int = 8080
    api: int = 8600
    aggregator: int = 8700
    containers: int = 8760

    @classmethod
    def auto(cls) -> Ports:
        """Ports that are free now."""
        return cls(*(free_port() for _ in fields(cls)))

    def require_free(self) -> None:
        """ConfigurationError naming the first port that is taken."""
        for port, what in (
            (self.chain, "chain"),
            (self.ipfs, "IPFS node"),
            (self.gateway, "IPFS gateway"),
            (self.api, "API"),
            (self.aggregator, "aggregator"),
            (self.containers, "server of containers"),
        ):
            require_port(port, what)
