// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {ILicenseLens} from "../../../contracts/interfaces/ILicenseLens.sol";
import {FeeToken} from "../tokens/FeeToken.sol";
import {Typed} from "../Typed.sol";
import {vm, Vm} from "../Vm.sol";
import {IERC20Errors, LicenseScene} from "./LicenseScene.sol";

contract LicensePurchaseForInTokenTest is LicenseScene {
    bytes32 private constant NONCE = "a random nonce";

    uint256 private offerId;

    function setUp() public override {
        super.setUp();
        _registerKey(researcher);
        offerId = _createOffer(hospital, _dollarTerms());
    }

    function test_given_ETH_as_well() external {
        _approve(researcher, DOLLARS);
        vm.prank(researcher);
        _refusesPrice(PRICE, 0);
        licenses.purchaseFor{value: PRICE}(_dollarOrder(), "", _noEvidence(), _direct());
    }

    function test_given_no_allowance() external {
        _refusesAllowance(0, DOLLARS);
        _pay(researcher, "", _direct());
    }

    function test_given_an_allowance() external {
        _approve(researcher, DOLLARS + 1);
        _pay(researcher, "", _direct());
        _assertPaid(1);
    }

    function test_given_an_allowance_and_a_relayer() external {
        _approve(researcher, DOLLARS);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_BadSignature.selector, researcher));
        _pay(stranger, "", _direct());
        _pay(stranger, _signature(), _direct());
        _assertPaid(0);
    }

    function test_given_a_permit() external {
        _paysByPermit(researcher);
    }

    function test_given_a_permit_and_a_relayer() external {
        _paysByPermit(stranger);
    }

    function test_given_a_permit_that_somebody_submitted_before() external {
        IAccessLicense.Payment memory p = _permit(researcher, DOLLARS, FOREVER);
        vm.prank(second);
        dollar.permit(researcher, address(licenses), DOLLARS, p.deadline, p.v, p.r, p.s);
        _pay(stranger, _signature(), p);
        _assertPaid(0);
    }

    function test_given_a_permit_that_is_wrong_or_expired_or_for_less() external {
        IAccessLicense.Payment[3] memory payments = [
            _permit(stranger, DOLLARS, FOREVER),
            _permit(researcher, DOLLARS - 1, FOREVER),
            _permit(researcher, DOLLARS, _now() - 1)
        ];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesAllowance(0, DOLLARS);
            _pay(researcher, "", payments[i]);
        }
    }

    function test_given_a_permit_that_nothing_covers() external {
        vm.prank(researcher);
        dollar.transfer(stranger, 4 * DOLLARS);
        IAccessLicense.Payment memory payment = _permit(researcher, DOLLARS, FOREVER);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, researcher, 0, uint256(DOLLARS))
        );
        _pay(researcher, "", payment);
    }

    function test_given_an_authorization() external {
        _paysByAuthorization(researcher);
    }

    function test_given_an_authorization_and_a_relayer() external {
        _paysByAuthorization(stranger);
    }

    function test_given_an_authorization_that_is_wrong() external {
        IAccessLicense.Payment[2] memory payments = [
            _authorization(stranger, DOLLARS, FOREVER, NONCE), _authorization(researcher, DOLLARS - 1, FOREVER, NONCE)
        ];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesWith("bad signature");
            _pay(researcher, "", payments[i]);
        }
        IAccessLicense.Payment memory payment = _authorization(researcher, DOLLARS, FOREVER, NONCE);
        payment.nonce = "another nonce";
        _refusesWith("bad signature");
        _pay(researcher, "", payment);
        bytes32 elsewhere = Typed.authorization(address(dollar), researcher, stranger, DOLLARS, FOREVER, NONCE);
        IAccessLicense.Payment memory forAnother = _signPayment(researcher, elsewhere);
        (forAnother.method, forAnother.deadline) = (payment.method, payment.deadline);
        forAnother.nonce = NONCE;
        _refusesWith("bad signature");
        _pay(researcher, "", forAnother);
        payment = _authorization(researcher, DOLLARS, 1, NONCE);
        _refusesWith("not now");
        _pay(researcher, "", payment);
    }

    function test_given_an_authorization_that_was_used() external {
        IAccessLicense.Payment memory payment = _authorization(researcher, DOLLARS, FOREVER, NONCE);
        _pay(researcher, "", payment);
        IAccessLicense.Order memory order = _dollarOrder();
        order.nonce = 1;
        _refusesWith("used");
        _submit(researcher, order, "", _noEvidence(), payment);
        vm.assertEq(lens.licenseCount(), 1);
    }

    function test_given_an_authorization_in_another_hand() external {
        IAccessLicense.Payment memory p = _authorization(researcher, DOLLARS, FOREVER, NONCE);
        vm.prank(stranger);
        _refusesWith("not the payee");
        dollar.receiveWithAuthorization(researcher, address(licenses), DOLLARS, 0, p.deadline, NONCE, p.v, p.r, p.s);
        vm.prank(stranger);
        _refusesWith("bad signature");
        dollar.receiveWithAuthorization(researcher, stranger, DOLLARS, 0, p.deadline, NONCE, p.v, p.r, p.s);
    }

    function test_given_a_token_that_takes_a_fee() external {
        FeeToken token = new FeeToken();
        token.mint(researcher, DOLLARS);
        vm.prank(researcher);
        token.approve(address(licenses), DOLLARS);
        IAccessLicense.Offer memory terms = _dollarTerms();
        terms.currency = address(token);
        IAccessLicense.Order memory order = _order(_createOffer(hospital, terms));
        (order.currency, order.price) = (address(token), DOLLARS);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessLicense.AccessLicense_WrongAmountReceived.selector,
                token,
                uint256(DOLLARS - DOLLARS / 100),
                uint256(DOLLARS)
            )
        );
        _submit(researcher, order, "", _noEvidence(), _direct());
        token.setFee(0);
        _submit(researcher, order, "", _noEvidence(), _direct());
        vm.assertEq(token.balanceOf(address(licenses)), DOLLARS);
    }

    function test_given_a_free_offer() external {
        IAccessLicense.Offer memory terms = _dollarTerms();
        terms.price = 0;
        IAccessLicense.Order memory order = _dollarOrder();
        (order.offerId, order.price) = (_createOffer(hospital, terms), 0);
        order.offerHash = hashes[order.offerId];
        for (uint8 method = 0; method < 3; ++method) {
            IAccessLicense.Payment memory payment = _direct();
            payment.method = IAccessLicense.Method(method);
            order.nonce = method;
            _submit(researcher, order, "", _noEvidence(), payment);
            _assertState(lens.licenseCount(), IAccessLicense.State.Purchased);
        }
        vm.assertEq(dollar.balanceOf(address(licenses)), 0);
    }

    function _paysByPermit(address by) private {
        vm.recordLogs();
        _pay(by, _signature(), _permit(researcher, DOLLARS, FOREVER));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        _assertEmitted(logs, IERC20.Approval.selector, researcher, address(licenses));
        _assertEmitted(logs, IERC20.Transfer.selector, researcher, address(licenses));
        _assertPaid(0);
    }

    function _paysByAuthorization(address by) private {
        vm.recordLogs();
        _pay(by, _signature(), _authorization(researcher, DOLLARS, FOREVER, NONCE));
        _assertEmitted(vm.getRecordedLogs(), IERC20.Transfer.selector, researcher, address(licenses));
        vm.assertTrue(dollar.authorizationState(researcher, NONCE));
        _assertPaid(0);
    }

    /// @dev By the dollar, of exactly the price.
    function _assertEmitted(Vm.Log[] memory logs, bytes32 topic, address from, address to) private view {
        for (uint256 i = 0; i < logs.length; ++i) {
            Vm.Log memory entry = logs[i];
            if (entry.emitter != address(dollar) || entry.topics[0] != topic) continue;
            if (abi.decode(entry.data, (uint256)) != DOLLARS) continue;
            vm.assertEq(entry.topics[1], bytes32(uint256(uint160(from))));
            vm.assertEq(entry.topics[2], bytes32(uint256(uint160(to))));
            return;
        }
        revert("the token emitted no such event");
    }

    function _dollarOrder() private view returns (IAccessLicense.Order memory order) {
        order = _order(offerId);
        (order.currency, order.price) = (address(dollar), DOLLARS);
    }

    function _signature() private view returns (bytes memory) {
        return _signOrder(researcher, _dollarOrder());
    }

    function _pay(address by, bytes memory signature, IAccessLicense.Payment memory payment) private {
        _submit(by, _dollarOrder(), signature, _noEvidence(), payment);
    }

    /// @dev The price, and no more, is in escrow.
    function _assertPaid(uint256 allowance) private view {
        vm.assertEq(dollar.balanceOf(address(licenses)), DOLLARS);
        vm.assertEq(dollar.balanceOf(researcher), 3 * DOLLARS);
        vm.assertEq(dollar.allowance(researcher, address(licenses)), allowance);
        ILicenseLens.License memory got = lens.licenseOf(lens.licenseCount());
        vm.assertEq(uint256(got.state), uint256(IAccessLicense.State.Purchased));
        vm.assertEq(got.price, DOLLARS);
        vm.assertEq(got.currency, address(dollar));
        vm.assertEq(got.licensee, researcher);
    }

    function _refusesWith(string memory reason) private {
        vm.expectRevert(abi.encodeWithSignature("Error(string)", reason));
    }
}
