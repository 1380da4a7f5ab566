// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";
import {IERC3009} from "../interfaces/IERC3009.sol";
import {LicenseState} from "./LicenseState.sol";

/// @title How money comes in and goes out
/// @dev Money comes in through `_take`, last in its function, and leaves through `_payOut` alone. Whoever is to get some is
/// credited in `owed`, and fetches it (pull payment), so nobody's refusal to take it stops anybody else.
abstract contract Payments is LicenseState, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @inheritdoc IAccessLicense
    function collect(address account, address currency) external returns (uint256 amount) {
        return _payOut(account, currency, account);
    }

    /// @inheritdoc IAccessLicense
    function collectTo(address to, address currency) external returns (uint256 amount) {
        return _payOut(msg.sender, currency, to);
    }

    /// @param payer whoever called, or signed the order that is carried out
    function _take(address payer, address currency, uint256 amount, Payment memory payment) internal {
        uint256 inEth = currency == ETH ? amount : 0;
        if (msg.value != inEth) revert AccessLicense_WrongPrice(msg.value, inEth);
        if (currency != ETH && amount != 0) _pull(payer, currency, amount, payment);
    }

    /// @dev Guarded, so that what the balance grew by is what this transfer brought.
    function _pull(address payer, address currency, uint256 amount, Payment memory payment) internal nonReentrant {
        IERC20 token = IERC20(currency);
        // slither-disable-next-line reentrancy-balance // guarded: no other payment comes in between
        uint256 before = _balance(token);
        if (payment.method == Method.Authorization) {
            IERC3009(currency)
                .receiveWithAuthorization(
                    payer,
                    address(this),
                    amount,
                    payment.validAfter,
                    payment.deadline,
                    payment.nonce,
                    payment.v,
                    payment.r,
                    payment.s
                );
        } else {
            if (payment.method == Method.Permit) {
                // Anyone who saw the permit can have used it already: what counts is the allowance, below.
                try IERC20Permit(currency)
                    .permit(payer, address(this), amount, payment.deadline, payment.v, payment.r, payment.s) {}
                    catch {}
            }
            token.safeTransferFrom(payer, address(this), amount);
        }
        uint256 balance = _balance(token);
        uint256 received = balance > before ? balance - before : 0;
        if (received != amount) revert AccessLicense_WrongAmountReceived(currency, received, amount);
    }

    function _credit(address account, address currency, uint256 amount) internal {
        owed[account][currency] += amount;
    }

    function _payOut(address account, address currency, address to) private nonReentrant returns (uint256 amount) {
        amount = owed[account][currency];
        if (amount == 0) revert AccessLicense_NothingOwed(account, currency);
        owed[account][currency] = 0;
        // Paid to itself, it would belong to nobody.
        if (to == address(this)) revert AccessLicense_TransferFailed(to, amount);
        emit Collected(account, currency, msg.sender, amount, to);
        if (currency != ETH) {
            // A token that charged the sender on top would take what belongs to others.
            IERC20 token = IERC20(currency);
            uint256 before = _balance(token);
            token.safeTransfer(to, amount);
            if (_balance(token) + amount != before) revert AccessLicense_TransferFailed(to, amount);
        } else {
            // slither-disable-next-line low-level-calls // to whom it is owed, or where that account says
            (bool ok,) = to.call{value: amount}("");
            if (!ok) revert AccessLicense_TransferFailed(to, amount);
        }
    }

    function _balance(IERC20 token) private view returns (uint256) {
        return token.balanceOf(address(this));
    }
}
