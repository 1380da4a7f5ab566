// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IERC5192} from "../../../contracts/interfaces/IERC5192.sol";
import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {ApprovedHashes} from "../tokens/ApprovedHashes.sol";
import {Typed} from "../Typed.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

/// @notice The order, who carries it out, and what the buyer declares. Payments in an ERC-20: purchaseForInToken.t.sol;
/// visas: visa/purchase.t.sol.
contract LicensePurchaseForTest is LicenseScene {
    uint32[4] private permitted = [5068, 5148, 24573, 45057];

    function setUp() public override {
        super.setUp();
        _registerKey(researcher);
    }

    function test_given_an_offer_that_does_not_exist_or_is_closed() external {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_UnknownOffer.selector, 99));
        _submit(_order(99));
        uint256 offerId = _offer();
        _closeOffer(hospital, offerId);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_OfferClosed.selector, offerId));
        _submit(_order(offerId));
    }

    function test_given_another_price_than_the_offers() external {
        IAccessLicense.Order memory order = _order(_offer());
        uint256[4] memory prices = [uint256(0), PRICE - 1, PRICE + 1, 2 ** 200];
        for (uint256 i = 0; i < 4; ++i) {
            order.price = prices[i];
            _refusesPrice(prices[i], PRICE);
            _submit(researcher, order, "", 0);
        }
    }

    function test_given_another_currency_than_the_offers() external {
        IAccessLicense.Order memory order = _order(_offer());
        order.currency = address(dollar);
        _refusesCurrency(address(dollar), ETH);
        _submit(order);
        order = _order(_createOffer(hospital, _dollarTerms()));
        order.price = DOLLARS;
        _refusesCurrency(ETH, address(dollar));
        _submit(order);
    }

    function test_given_a_passed_deadline() external {
        IAccessLicense.Order memory order = _order(_offer());
        order.deadline = _now() + 100;
        _wait(101);
        address[2] memory senders = [researcher, stranger];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_OrderExpired.selector, order.deadline));
            _submit(senders[i], order, _signOrder(researcher, order), PRICE);
        }
    }

    function test_given_a_buyer_without_a_key() external {
        IAccessLicense.Order memory order = _order(_offer());
        vm.prank(researcher);
        keys.revoke();
        _registerKey(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NoKey.selector, researcher));
        _submit(stranger, order, _signOrder(researcher, order), PRICE);
    }

    function test_given_a_withdrawn_version() external {
        uint256 offerId = _offer();
        _withdraw(hospital, dataset, 1);
        _refusesWithdrawn(dataset, 1);
        _submit(_order(offerId));
    }

    function test_given_another_version_than_the_latest() external {
        IAccessLicense.Order memory order = _order(_offer());
        _publishVersion(hospital, dataset, _publication("junk", TERMS));
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongVersion.selector, 1, 2));
        _submit(stranger, order, _signOrder(researcher, order), PRICE);
    }

    /// @dev A contract wallet with approved hashes takes an empty signature from everybody.
    function test_given_a_wallet_that_takes_an_empty_signature() external {
        ApprovedHashes safe = new ApprovedHashes();
        IAccessLicense.Order memory order = _order(_offer());
        order.buyer = address(safe);
        safe.execute(address(keys), 0, abi.encodeCall(IKeyRegistry.register, (new bytes(1216))));
        safe.approve(licenses.orderHash(order));
        vm.deal(address(safe), PRICE);
        safe.execute(
            address(licenses), PRICE, abi.encodeCall(IAccessLicense.purchaseFor, (order, "", _noEvidence(), _direct()))
        );
        vm.assertEq(licenses.nonces(address(safe)), 1);
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, address(safe), 1));
        _submit(stranger, order, "", PRICE);
    }

    function test_given_a_purpose_that_is_denied() external {
        IAccessLicense.Order memory order = _order(_offer());
        uint64[4] memory purposes = [0, DuoPolicy.GRU, HMB | DuoPolicy.COMMERCIAL, HMB | uint64(1 << 63)];
        for (uint256 i = 0; i < 4; ++i) {
            order.purpose.duo = purposes[i];
            vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_Denied.selector, TERMS, purposes[i]));
            _submit(order);
        }
    }

    function test_given_the_buyer_without_a_signature() external {
        IAccessLicense.Order memory order = _order(_offer());
        order.nonce = 1;
        _refusesNonce(0);
        _submit(order);
        order.nonce = 0;
        vm.recordLogs();
        _submit(order);
        emit IERC721.Transfer(address(0), researcher, 1);
        emit IERC5192.Locked(1);
        emit IAccessLicense.LicensePurchased(1, dataset, researcher, order.offerId, 1, HMB, false, researcher);
        _saw(address(licenses));
        vm.assertEq(licenses.nonces(researcher), 1);
        vm.assertEq(address(licenses).balance, PRICE);
        _assertState(1, IAccessLicense.State.Purchased);
    }

    function test_given_the_buyer_with_a_signature() external {
        IAccessLicense.Order memory order = _order(_offer());
        bytes memory signature = _signOrder(researcher, order);
        _submit(researcher, order, signature, PRICE);
        vm.assertEq(licenses.nonces(researcher), 1);
        _refusesNonce(1);
        _submit(stranger, order, signature, PRICE);
    }

    function test_given_the_buyer_with_a_bad_signature() external {
        IAccessLicense.Order memory order = _order(_offer());
        _refusesSignature(researcher);
        _submit(researcher, order, _signOrder(stranger, order), PRICE);
    }

    function test_given_anyone_else_without_the_signature() external {
        IAccessLicense.Order memory order = _order(_offer());
        bytes memory short = abi.encodePacked(bytes32(_signOrder(researcher, order)), bytes32(0));
        bytes[4] memory signatures = [bytes(""), new bytes(65), short, _signOrder(stranger, order)];
        for (uint256 i = 0; i < 4; ++i) {
            _refusesSignature(researcher);
            _submit(stranger, order, signatures[i], PRICE);
        }
    }

    function test_given_another_order_than_was_signed() external {
        uint256 offerId = _offer();
        uint256 shorter = _ofLength(3 days, 0); // two offers at one price: the buyer signed for the longer one
        bytes memory signature = _signOrder(researcher, _order(offerId));
        for (uint256 i = 0; i < 8; ++i) {
            IAccessLicense.Order memory order = _order(offerId);
            if (i == 0) order.purpose.duo = HMB | DuoPolicy.FOR_PROFIT;
            if (i == 1) order.purpose.disease = 5068;
            if (i == 2) order.purpose.statement = "another plan";
            if (i == 3) order.nonce = 1;
            if (i == 4) order.deadline = 2 ** 41;
            if (i == 5) (order.offerId, order.offerHash) = (shorter, hashes[shorter]);
            if (i == 6) order.mayReview = false;
            if (i == 7) order.version = 2;
            _refusesSignature(researcher);
            _submit(stranger, order, signature, PRICE);
        }
        _registerKey(second);
        IAccessLicense.Order memory theirs = _order(offerId);
        theirs.buyer = second;
        _refusesSignature(second);
        _submit(second, theirs, signature, PRICE);
    }

    function test_given_another_nonce() external {
        IAccessLicense.Order memory later = _order(_offer());
        later.nonce = 1;
        _refusesNonce(0);
        _submit(stranger, later, _signOrder(researcher, later), PRICE);
    }

    function test_given_an_order_that_was_carried_out() external {
        IAccessLicense.Order memory order = _order(_offer());
        bytes memory signature = _signOrder(researcher, order);
        _submit(stranger, order, signature, PRICE);
        _refusesNonce(1);
        _submit(stranger, order, signature, PRICE);
        order.nonce = 1;
        _submit(stranger, order, _signOrder(researcher, order), PRICE);
        vm.assertEq(licenses.balanceOf(researcher), 2);
    }

    function test_given_a_sponsor_with_another_amount() external {
        IAccessLicense.Order memory order = _order(_offer());
        uint256[3] memory values = [uint256(0), PRICE - 1, PRICE + 1];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesPrice(values[i], PRICE);
            _submit(stranger, order, _signOrder(researcher, order), values[i]);
        }
    }

    function test_given_a_sponsor() external {
        IAccessLicense.Order memory order = _order(_offer());
        bytes memory signature = _signOrder(researcher, order);
        (uint256 before, uint256 sponsors) = (researcher.balance, stranger.balance);
        vm.recordLogs();
        _submit(stranger, order, signature, PRICE);
        emit IERC721.Transfer(address(0), researcher, 1);
        emit IERC5192.Locked(1);
        emit IAccessLicense.LicensePurchased(1, dataset, researcher, order.offerId, 1, HMB, false, stranger);
        _saw(address(licenses));
        vm.assertEq(licenses.ownerOf(1), researcher);
        vm.assertEq(researcher.balance, before);
        vm.assertEq(stranger.balance, sponsors - PRICE);
        vm.assertEq(licenses.nonces(researcher), 1);
        vm.prank(hospital);
        licenses.reject(1, "no");
        _assertOwed(researcher, PRICE);
        _assertOwed(stranger, 0);
    }

    function test_given_a_contract_as_buyer() external {
        bytes memory key = new bytes(1216);
        bytes32 registration = Typed.registration(address(keys), address(wallet), key, 0, FOREVER);
        keys.registerFor(address(wallet), key, FOREVER, _sign(stranger, registration));
        IAccessLicense.Order memory order = _order(_offer());
        order.buyer = address(wallet);
        _refusesSignature(address(wallet));
        _submit(researcher, order, _signOrder(researcher, order), PRICE);
        _submit(researcher, order, _signOrder(stranger, order), PRICE);
        vm.assertEq(licenses.ownerOf(1), address(wallet));
        _deliver(1);
        _asWallet(address(licenses), 0, abi.encodeCall(IAccessLicense.confirm, (1)));
        _assertState(1, IAccessLicense.State.Settled);
    }

    function test_given_a_contract_that_calls() external {
        uint256 offerId = _offer();
        _asWallet(address(keys), 0, abi.encodeCall(IKeyRegistry.register, (new bytes(1216))));
        _asWallet(
            address(licenses), PRICE, abi.encodeCall(IAccessLicense.purchase, (offerId, hashes[offerId], 1, HMB, true))
        );
        vm.assertEq(licenses.ownerOf(1), address(wallet));
    }

    function test_given_a_plan() external {
        IAccessLicense.Order memory order = _order(_offer());
        order.purpose.statement = "salt and research plan";
        _declares(order, _noEvidence());
    }

    function test_given_an_order_to_be_signed() external view {
        IAccessLicense.Order memory order = _order(7);
        order.purpose = IAccessLicense.ResearchPurpose(HMB, 5068, "plan");
        (order.nonce, order.visasUntil) = (3, 4);
        vm.assertEq(licenses.orderHash(order), Typed.order(address(licenses), order));
    }

    function test_given_a_disease_with_its_proof() external {
        uint256 offerId = _diseaseOffer(_root());
        for (uint256 i = 0; i < 4; ++i) {
            IAccessLicense.Order memory order = _orderFor(offerId, permitted[i]);
            order.nonce = i;
            _declares(order, _proof(i));
            _assertState(lens.licenseCount(), IAccessLicense.State.Purchased);
        }
    }

    function test_given_a_disease_without_proof() external {
        uint256 offerId = _diseaseOffer(_root());
        uint32[3] memory named = [uint32(0), 5068, 1];
        for (uint256 i = 0; i < 3; ++i) {
            IAccessLicense.Order memory order = _orderFor(offerId, named[i]);
            order.nonce = i;
            _submit(order);
            _assertState(lens.licenseCount(), IAccessLicense.State.InReview);
        }
    }

    /// @dev A relayer could leave the proof out, and the money would wait for a committee.
    function test_given_no_leave_to_review() external {
        IAccessLicense.Order memory order = _orderFor(_diseaseOffer(_root()), 5068);
        order.mayReview = false;
        vm.expectRevert(
            abi.encodeWithSelector(IAccessLicense.AccessLicense_NeedsReview.selector, DuoPolicy.DS, DuoPolicy.DS)
        );
        _submit(order);
        _submit(researcher, order, "", _proof(0), _direct());
        _assertState(lens.licenseCount(), IAccessLicense.State.Purchased);
    }

    function test_given_a_proof_of_another_disease() external {
        uint256 offerId = _diseaseOffer(_root());
        uint32[2] memory named = [uint32(1), 5148];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesProof(named[i], _root());
            _submit(researcher, _orderFor(offerId, named[i]), "", _proof(0), _direct());
        }
    }

    function test_given_a_proof_where_none_can_be() external {
        IAccessLicense.Order memory order = _order(_offer());
        order.purpose.disease = 5068;
        _refusesProof(5068, 0);
        _submit(researcher, order, "", _proof(0), _direct());
    }

    function test_given_the_only_disease() external {
        uint256 offerId = _diseaseOffer(_leaf(5068));
        _submit(_orderFor(offerId, 5068));
        _assertState(lens.licenseCount(), IAccessLicense.State.Purchased);
        IAccessLicense.Order memory order = _orderFor(offerId, 5148);
        order.nonce = 1;
        _submit(order);
        _assertState(lens.licenseCount(), IAccessLicense.State.InReview);
    }

    function _submit(IAccessLicense.Order memory order) private {
        _submit(researcher, order, "", _noEvidence(), _direct());
    }

    function _submit(address by, IAccessLicense.Order memory order, bytes memory signature, uint256 value) private {
        vm.prank(by);
        licenses.purchaseFor{value: value}(order, signature, _noEvidence(), _direct());
    }

    /// @dev The purchase's last event is what was declared.
    function _declares(IAccessLicense.Order memory order, IAccessLicense.Evidence memory evidence) private {
        uint256 next = lens.licenseCount() + 1;
        (IAccessLicense.Offer memory offer,) = lens.offerOf(order.offerId);
        vm.recordLogs();
        _submit(researcher, order, "", evidence, _direct());
        emit IERC721.Transfer(address(0), researcher, next);
        emit IERC5192.Locked(next);
        emit IAccessLicense.LicensePurchased(
            next, offer.datasetId, researcher, order.offerId, 1, order.purpose.duo, false, researcher
        );
        emit IAccessLicense.PurposeDeclared(next, order.purpose.disease, order.purpose.statement);
        _saw(address(licenses));
    }

    // ------------------------------------------------- diseases, as a tree of four

    function _diseaseOffer(bytes32 root) private returns (uint256) {
        IDatasetNFT.Publication memory p = _publication("cardiac", DuoPolicy.DS);
        p.diseases = root;
        return _createOffer(hospital, _terms(_publish(hospital, p)));
    }

    function _orderFor(uint256 offerId, uint32 disease) private view returns (IAccessLicense.Order memory order) {
        order = _order(offerId);
        order.purpose = IAccessLicense.ResearchPurpose(DuoPolicy.DS, disease, 0);
    }

    function _leaf(uint32 disease) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256(abi.encode(disease))));
    }

    function _node(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    function _half(uint256 first) private view returns (bytes32) {
        return _node(_leaf(permitted[first]), _leaf(permitted[first + 1]));
    }

    function _root() private view returns (bytes32) {
        return _node(_half(0), _half(2));
    }

    function _proof(uint256 index) private view returns (IAccessLicense.Evidence memory evidence) {
        evidence.diseaseProof = new bytes32[](2);
        evidence.diseaseProof[0] = _leaf(permitted[index ^ 1]);
        evidence.diseaseProof[1] = _half(index < 2 ? 2 : 0);
    }

    function _refusesCurrency(address got, address required) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongCurrency.selector, got, required));
    }

    function _refusesNonce(uint256 current) private {
        vm.expectRevert(abi.encodeWithSelector(Nonces.InvalidAccountNonce.selector, researcher, current));
    }

    function _refusesSignature(address buyer) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_BadSignature.selector, buyer));
    }

    function _refusesProof(uint32 disease, bytes32 root) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_BadDiseaseProof.selector, disease, root));
    }
}
