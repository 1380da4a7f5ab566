// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {Dollar} from "../tokens/Dollar.sol";
import {FalseToken} from "../tokens/FalseToken.sol";
import {FeeToken} from "../tokens/FeeToken.sol";
import {LyingToken} from "../tokens/LyingToken.sol";
import {ReentrantToken} from "../tokens/ReentrantToken.sol";
import {SilentToken} from "../tokens/SilentToken.sol";
import {Wallet1271} from "../tokens/Wallet1271.sol";
import {vm} from "../Vm.sol";
import {Shop} from "./Shop.sol";

/// @notice Every way to pay, with tokens that behave and tokens that do not.
contract PaymentsTest is Shop {
    /// @notice What a fee leaves over is not the price: refused, whatever the fee; taken where the fee rounds to nothing.
    function testFuzz_a_fee_on_transfer_is_refused(uint128 price, uint256 fee) external {
        FeeToken token = new FeeToken();
        fee %= 10_001;
        token.setFee(fee);
        uint256 burnt = uint256(price) * fee / 10_000;
        (bool ok, bytes memory answer) = _buyWith(address(token), price);
        if (burnt == 0) require(ok, "refused without a fee");
        else _requireError(ok, answer, _wrongAmount(address(token), price - burnt, price));
    }

    /// @notice A fee that the sender pays on top would be taken from what belongs to others: nothing is paid out.
    function testFuzz_a_fee_on_top_takes_nothing_from_others(uint64 price, uint16 fee) external {
        vm.assume(price >= 10_000 && fee != 0);
        FeeToken token = new FeeToken();
        token.setFee(0);
        (bool first,) = _buyWith(address(token), price);
        (bool second,) = _buyWith(address(token), price);
        require(first && second, "purchase");
        _deliver(1);
        _confirm(1);
        token.setFee(1 + fee % 10_000);
        token.setOnTop(true);
        bytes memory data = abi.encodeCall(IAccessLicense.collect, (PUBLISHER, address(token)));
        (bool ok, bytes memory answer) = _try(PUBLISHER, 0, data);
        bytes memory expected =
            abi.encodeWithSelector(IAccessLicense.AccessLicense_TransferFailed.selector, PUBLISHER, uint256(price));
        _requireError(ok, answer, expected);
        require(token.balanceOf(address(licenses)) == 2 * uint256(price), "others lost");
    }

    /// @notice A token that says that it moved what it did not buys nothing.
    function testFuzz_what_does_not_arrive_is_refused(uint128 price, bool shrinks, uint128 others) external {
        vm.assume(price != 0);
        LyingToken token = new LyingToken();
        token.mint(address(licenses), others); // what is there already does not count
        token.setLie(shrinks ? LyingToken.Lie.Shrink : LyingToken.Lie.MoveNothing);
        (bool ok, bytes memory answer) = _buyWith(address(token), price);
        _requireError(ok, answer, _wrongAmount(address(token), 0, price));
    }

    /// @notice More than the price is as wrong as less: somebody else's tokens that arrive on the way do not count.
    function testFuzz_more_than_the_price_is_refused(uint64 price, uint64 more, bool before) external {
        vm.assume(price != 0 && more != 0);
        ReentrantToken token = new ReentrantToken();
        token.callBefore(before);
        token.arm(address(token), 0, abi.encodeCall(ReentrantToken.mint, (address(licenses), more)));
        (bool ok, bytes memory answer) = _buyWith(address(token), price);
        _requireError(ok, answer, _wrongAmount(address(token), uint256(price) + more, price));
    }

    /// @notice Tokens that say false, or nothing, sell for the price and for no less.
    function testFuzz_false_and_silent_tokens(uint128 price, uint128 allowance, bool silent) external {
        address token = silent ? address(new SilentToken()) : address(new FalseToken());
        uint256 offerId = _create(_offer(token, price));
        Dollar(token).mint(buyer, price);
        vm.prank(buyer);
        SilentToken(token).approve(address(licenses), allowance);
        (bool ok,) =
            _try(buyer, 0, abi.encodeCall(IAccessLicense.purchase, (offerId, hashes[offerId], 1, PURPOSE, true)));
        require(ok == (allowance >= price), "sold for less, or refused the price");
        require(Dollar(token).balanceOf(address(licenses)) == (ok ? price : 0), "balance");
    }

    /// @notice While a token is on its way, no other payment in tokens starts, and nobody collects.
    function test_nothing_gets_in_between() external {
        ReentrantToken token = new ReentrantToken();
        _register(address(token));
        uint256 cheap = _create(_offer(address(token), 1));
        token.mint(address(token), 1);
        token.execute(address(token), 0, abi.encodeCall(token.approve, (address(licenses), 1)));
        // PUBLISHER is owed 7 wei, so that there is something to collect.
        uint256 id = _purchase(_create(_offer(ETH, 7)), 7);
        _deliver(id);
        _confirm(id);
        bytes[3] memory attempts = [
            abi.encodeCall(IAccessLicense.purchase, (cheap, hashes[cheap], 1, PURPOSE, true)),
            abi.encodeCall(IAccessLicense.collect, (PUBLISHER, ETH)),
            abi.encodeCall(IAccessLicense.collectTo, (address(token), address(token)))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            token.arm(address(licenses), 0, attempts[i]);
        }
        (bool ok,) = _buyWith(address(token), 5);
        require(ok && token.tried() == 3, "purchase");
        for (uint256 i = 0; i < 3; ++i) {
            bytes memory expected =
                abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
            _requireError(token.attempt(i).succeeded, token.attempt(i).answer, expected);
        }
    }

    /// @notice A price or currency that is not the offer's is refused, whatever the buyer signed.
    function testFuzz_an_order_names_the_price(uint128 price, uint128 signed, bool otherCurrency) external {
        vm.assume(price != signed);
        IAccessLicense.Order memory order = _order(_create(_offer(ETH, price)), buyer);
        address other = address(new Dollar());
        if (otherCurrency) order.currency = other;
        else order.price = signed;
        IAccessLicense.Payment memory direct;
        (bool ok, bytes memory answer) = _relay(order, _signed(order, BUYER_KEY), direct, order.price);
        bytes memory expected = otherCurrency
            ? abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongCurrency.selector, other, ETH)
            : abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongPrice.selector, signed, price);
        _requireError(ok, answer, expected);
    }

    /// @notice Nobody buys in another's name: neither with another key nor with a field changed after the signature.
    function testFuzz_an_order_is_the_buyers(uint256 key, uint8 field) external {
        key = 1 + key % type(uint128).max;
        vm.assume(key != BUYER_KEY);
        IAccessLicense.Order memory order = _order(_create(_offer(ETH, 3)), buyer);
        bytes memory signature = _signed(order, field % 9 == 0 ? key : BUYER_KEY);
        if (field % 9 == 1) order.purpose.duo ^= 1 << 2;
        if (field % 9 == 2) order.purpose.statement = bytes32("other");
        if (field % 9 == 3) order.deadline += 1;
        if (field % 9 == 4) order.offerId = _create(_offer(ETH, 3));
        if (field % 9 == 5) order.mayReview = !order.mayReview;
        if (field % 9 == 6) order.visasUntil += 1;
        if (field % 9 == 7) order.purpose.disease = 5068;
        if (field % 9 == 8) order.version += 1;
        IAccessLicense.Payment memory direct;
        (bool ok, bytes memory answer) = _relay(order, signature, direct, 3);
        bytes memory expected = abi.encodeWithSelector(IAccessLicense.AccessLicense_BadSignature.selector, buyer);
        _requireError(ok, answer, expected);
    }

    /// @notice An order is carried out once, by whoever brings it, a contract's too; a later one of the same nonce never.
    function testFuzz_an_order_is_carried_out_once(uint128 price, bool byContract) external {
        address who = byContract ? address(new Wallet1271(buyer)) : buyer;
        if (byContract) _register(who);
        IAccessLicense.Order memory order = _order(_create(_offer(ETH, price)), who);
        bytes memory signature = _signed(order, BUYER_KEY);
        IAccessLicense.Payment memory direct;
        (bool ok, bytes memory answer) = _relay(order, signature, direct, price);
        require(ok && licenses.ownerOf(1) == who, "order");
        (ok, answer) = _relay(order, signature, direct, price);
        _requireError(ok, answer, abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, who, 1));
    }

    /// @notice Relayed or not, tokens come from the buyer alone, by a permit that somebody may have used before.
    function testFuzz_a_permit_pays_once(uint128 price, bool usedBefore) external {
        Dollar dollar = new Dollar();
        uint256 offerId = _create(_offer(address(dollar), price));
        dollar.mint(buyer, uint256(price) * 2);
        dollar.mint(RELAYER, price);
        vm.prank(RELAYER);
        dollar.approve(address(licenses), price);
        IAccessLicense.Payment memory permit = _permit(dollar, price);
        if (usedBefore) dollar.permit(buyer, address(licenses), price, permit.deadline, permit.v, permit.r, permit.s);
        IAccessLicense.Order memory order = _order(offerId, buyer);
        (bool ok,) = _relay(order, _signed(order, BUYER_KEY), permit, 0);
        require(ok && dollar.balanceOf(buyer) == price && dollar.balanceOf(RELAYER) == price, "payer");
        order.nonce += 1;
        (ok,) = _relay(order, _signed(order, BUYER_KEY), permit, 0);
        require(ok == (price == 0), "a permit paid twice");
    }

    /// @notice ETH that comes with a purchase in tokens would be lost: refused.
    function testFuzz_no_eth_with_tokens(uint64 price, uint64 eth) external {
        vm.assume(eth != 0);
        Dollar dollar = new Dollar();
        uint256 offerId = _create(_offer(address(dollar), price));
        (bool ok, bytes memory answer) =
            _try(buyer, eth, abi.encodeCall(IAccessLicense.purchase, (offerId, hashes[offerId], 1, PURPOSE, true)));
        _requireError(ok, answer, abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongPrice.selector, eth, 0));
    }

    function _buyWith(address token, uint128 price) private returns (bool, bytes memory) {
        uint256 offerId = _create(_offer(token, price));
        Dollar(token).mint(buyer, price);
        vm.prank(buyer);
        Dollar(token).approve(address(licenses), price);
        return _try(buyer, 0, abi.encodeCall(IAccessLicense.purchase, (offerId, hashes[offerId], 1, PURPOSE, true)));
    }

    function _permit(Dollar dollar, uint256 price) private view returns (IAccessLicense.Payment memory p) {
        (p.method, p.deadline) = (IAccessLicense.Method.Permit, block.timestamp);
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 hash =
            keccak256(abi.encode(typeHash, buyer, address(licenses), price, dollar.nonces(buyer), p.deadline));
        (p.v, p.r, p.s) = vm.sign(BUYER_KEY, keccak256(abi.encodePacked(hex"1901", dollar.DOMAIN_SEPARATOR(), hash)));
    }

    function _wrongAmount(address token, uint256 got, uint256 price) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongAmountReceived.selector, token, got, price);
    }
}
