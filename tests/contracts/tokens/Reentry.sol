// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An account that calls back when it gets the chance: each call it is armed with once, in order, whatever comes of it.
abstract contract Reentry {
    struct Attempt {
        address target;
        uint256 value;
        bytes data;
        bool succeeded;
        bytes answer; // or the error
    }

    Attempt[] private _attempts;

    /// @notice How many of the attempts were made since the last `disarm`.
    uint256 public tried;

    function arm(address target, uint256 value, bytes calldata data) external {
        _attempts.push(Attempt(target, value, data, false, ""));
    }

    function disarm() external {
        delete _attempts;
        tried = 0;
    }

    function attempt(uint256 index) external view returns (Attempt memory) {
        return _attempts[index];
    }

    /// @notice Acts as this account: buys, registers a key, approves.
    function execute(address target, uint256 value, bytes calldata data)
        external
        payable
        returns (bytes memory answer)
    {
        bool ok;
        (ok, answer) = target.call{value: value}(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    receive() external payable virtual {}

    /// @dev A call that gives this account another chance goes on with the next attempt, one level deeper.
    function _callBack() internal {
        while (tried < _attempts.length) {
            Attempt storage next = _attempts[tried++];
            (bool ok, bytes memory answer) = next.target.call{value: next.value}(next.data);
            (next.succeeded, next.answer) = (ok, answer);
        }
    }
}
