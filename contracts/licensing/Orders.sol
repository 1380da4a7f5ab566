// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IAccessLicense} from "../interfaces/IAccessLicense.sol";

/// @title Signed orders (EIP-712)
/// @dev Each order takes the buyer's next nonce, so it is carried out once.
abstract contract Orders is IAccessLicense, EIP712, Nonces {
    bytes32 private constant PURPOSE_TYPEHASH =
        keccak256("ResearchPurpose(uint64 duo,uint32 disease,bytes32 statement)");
    bytes32 private constant ORDER_TYPEHASH = keccak256(
        "Order(address buyer,uint256 offerId,ResearchPurpose purpose,address currency,uint256 price,bool mayReview,uint40 visasUntil,uint256 nonce,uint256 deadline)ResearchPurpose(uint64 duo,uint32 disease,bytes32 statement)"
    );

    constructor() EIP712("BioDeSci Access Licence", "1") {}

    /// @inheritdoc IAccessLicense
    function cancelOrders() external {
        emit OrdersCancelled(msg.sender, _useNonce(msg.sender));
    }

    /// @inheritdoc IAccessLicense
    function orderHash(Order calldata order) public view returns (bytes32) {
        ResearchPurpose calldata purpose = order.purpose;
        bytes32 purposeHash = keccak256(abi.encode(PURPOSE_TYPEHASH, purpose.duo, purpose.disease, purpose.statement));
        return _hashTypedDataV4(
            keccak256(
                abi.encode(
                    ORDER_TYPEHASH,
                    order.buyer,
                    order.offerId,
                    purposeHash,
                    order.currency,
                    order.price,
                    order.mayReview,
                    order.visasUntil,
                    order.nonce,
                    order.deadline
                )
            )
        );
    }

    /// @dev A buyer who calls needs no signature: the transaction's says the same. With one, its nonce is used up, so that
    /// nobody else who holds it buys once more.
    function _useOrder(Order calldata order, bytes calldata signature) internal {
        if (block.timestamp > order.deadline) revert AccessLicense_OrderExpired(order.deadline);
        if (msg.sender == order.buyer && signature.length == 0) return;
        if (!SignatureChecker.isValidSignatureNowCalldata(order.buyer, orderHash(order), signature)) {
            revert AccessLicense_BadSignature(order.buyer);
        }
        _useCheckedNonce(order.buyer, order.nonce);
    }
}
