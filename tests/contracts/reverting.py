"""`ape.reverts` for custom errors, made strict.

Ape lets pass a revert that it could not decode (of a view, or of an inner call after a precompile's), and an
argument that the error does not have. Here it must be the error that is named, with all of its arguments.
A view is called by `.transact`, which keeps the revert's data whole.
"""

from __future__ import annotations

from types import TracebackType

from ape.exceptions import ContractLogicError, CustomError
from ape.pytest.contextmanagers import RevertsContextManager
from eth_utils import keccak


class reverts(RevertsContextManager):
    def __init__(self, error: type[CustomError], **arguments: object) -> None:
        declared = {parameter.name for parameter in error.abi.inputs}
        if declared != set(arguments):
            raise TypeError(f"{error.__name__} has {sorted(declared)}, not {sorted(arguments)}")
        super().__init__(error, **arguments)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        if isinstance(exc_value, ContractLogicError) and not isinstance(exc_value, CustomError):
            exc_value = self._decode(exc_value)
        return super().__exit__(exc_type, exc_value, traceback)

    def _decode(self, raised: ContractLogicError) -> CustomError:
        error = self.expected_message
        selector = "0x" + keccak(text=error.abi.selector)[:4].hex()
        message = str(raised.revert_message)
        if not message.startswith(selector):
            raise AssertionError(f"Expected {error.__name__} ({selector}), got: {message}") from raised
        data = bytes.fromhex(message.removeprefix(selector))
        ecosystem = error.contract.provider.network.ecosystem
        return error(error.abi, ecosystem.decode_calldata(error.abi, data))
