// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {ILicenseLens} from "../../../contracts/interfaces/ILicenseLens.sol";
import {IDatasetNFT} from "../../../contracts/interfaces/IDatasetNFT.sol";
import {IERC5192} from "../../../contracts/interfaces/IERC5192.sol";
import {DuoPolicy} from "../../../contracts/libraries/DuoPolicy.sol";
import {Dollar} from "../tokens/Dollar.sol";
import {FalseToken} from "../tokens/FalseToken.sol";
import {FeeToken} from "../tokens/FeeToken.sol";
import {LyingToken} from "../tokens/LyingToken.sol";
import {SilentToken} from "../tokens/SilentToken.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicensePurchaseTest is LicenseScene {
    function setUp() public override {
        super.setUp();
        _registerKey(researcher);
    }

    function test_given_an_offer_that_does_not_exist() external {
        uint256[3] memory offers = [uint256(0), 1, 2 ** 100];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_UnknownOffer.selector, offers[i]));
            _purchase(offers[i], HMB, PRICE);
        }
    }

    function test_given_a_closed_offer() external {
        uint256 offerId = _offer();
        _closeOffer(hospital, offerId);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_OfferClosed.selector, offerId));
        _purchase(offerId, HMB, PRICE);
    }

    function test_given_an_offer_that_requires_visas() external {
        uint256 offerId = _needing(GRANT);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_VisasRequired.selector, offerId, GRANT));
        _purchase(offerId, HMB, PRICE);
    }

    function test_given_less_or_more_than_the_price() external {
        uint256 offerId = _offer();
        uint256[3] memory values = [uint256(0), PRICE - 1, PRICE + 1];
        for (uint256 i = 0; i < 3; ++i) {
            _refusesPrice(values[i], PRICE);
            _purchase(offerId, HMB, values[i]);
        }
    }

    function test_given_a_withdrawn_latest_version() external {
        uint256 offerId = _offer();
        _withdraw(hospital, dataset, 1);
        _refusesWithdrawn(dataset, 1);
        _purchase(offerId, HMB, PRICE);
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        vm.assertEq(lens.licenseOf(_buy(offerId)).version, 2);
    }

    function test_given_a_withdrawn_earlier_version() external {
        _publishVersion(hospital, dataset, _publication("revised", TERMS));
        _withdraw(hospital, dataset, 1);
        vm.assertEq(lens.licenseOf(_buy(_offer())).version, 2);
    }

    function test_given_a_buyer_without_a_key() external {
        uint256 offerId = _offer();
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NoKey.selector, stranger));
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 1, HMB, true);
        vm.prank(researcher);
        keys.revoke();
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NoKey.selector, researcher));
        _purchase(offerId, HMB, PRICE);
    }

    function test_given_a_purpose_that_the_terms_deny() external {
        uint256 offerId = _offer();
        uint64[7] memory purposes = [
            0,
            DuoPolicy.GRU,
            DuoPolicy.POA,
            DuoPolicy.CC,
            HMB | DuoPolicy.COMMERCIAL,
            HMB | uint64(1 << 37),
            HMB | uint64(1 << 63)
        ];
        for (uint256 i = 0; i < 7; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_Denied.selector, TERMS, purposes[i]));
            _purchase(offerId, purposes[i], PRICE);
        }
    }

    function test_given_terms_with_a_time_limit_and_an_offer_without_an_end() external {
        IAccessLicense.Offer memory terms = _terms(_publish(hospital, _publication("timed", HMB | DuoPolicy.TS)));
        terms.duration = 0;
        uint256 endless = _createOffer(hospital, terms);
        _refusesOffer("duration");
        _purchase(endless, HMB | DuoPolicy.TS, PRICE);
        terms.duration = 3 days;
        _purchase(_createOffer(hospital, terms), HMB | DuoPolicy.TS, PRICE);
        _assertState(lens.licenseCount(), IAccessLicense.State.Purchased);
    }

    function test_given_the_offers_arbiter_as_buyer() external {
        uint256 offerId = _offer();
        _registerKey(arbiter);
        vm.prank(arbiter);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_BuyerIsArbiter.selector, arbiter));
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 1, HMB, true);
    }

    function test_given_a_purpose_that_needs_review() external {
        uint256 judged = _publish(hospital, _publication("judged", HMB | DuoPolicy.IRB | DuoPolicy.US));
        uint256 offerId = _createOffer(hospital, _terms(judged));
        uint64 purpose = HMB | DuoPolicy.IRB;
        vm.recordLogs();
        _purchase(offerId, purpose, PRICE);
        emit IERC721.Transfer(address(0), researcher, 1);
        emit IERC5192.Locked(1);
        emit IAccessLicense.LicensePurchased(1, judged, researcher, offerId, 1, purpose, true, researcher);
        _saw(address(licenses));
        _assertState(1, IAccessLicense.State.InReview);
        uint256 plain = _offer();
        _purchase(plain, HMB | DuoPolicy.SENSITIVE, PRICE);
        _assertState(2, IAccessLicense.State.InReview);
        _purchase(plain, HMB | DuoPolicy.FOR_PROFIT, PRICE);
        _assertState(3, IAccessLicense.State.InReview);
    }

    function test_given_the_price() external {
        uint256 offerId = _offer();
        uint64 purpose = HMB | DuoPolicy.METHODS;
        vm.recordLogs();
        _purchase(offerId, purpose, PRICE);
        emit IERC721.Transfer(address(0), researcher, 1);
        emit IERC5192.Locked(1);
        emit IAccessLicense.LicensePurchased(1, dataset, researcher, offerId, 1, purpose, false, researcher);
        _saw(address(licenses));
        vm.assertEq(address(licenses).balance, PRICE);
        ILicenseLens.License memory wanted = ILicenseLens.License({
            offerId: offerId,
            datasetId: dataset,
            licensee: researcher,
            version: 1,
            state: IAccessLicense.State.Purchased,
            right: IAccessLicense.Right.Download,
            usesLeft: UNCOUNTED,
            price: PRICE,
            currency: ETH,
            deadline: _now() + 2 days,
            expiresAt: 0,
            proRata: false,
            earned: 0
        });
        vm.assertEq(abi.encode(lens.licenseOf(1)), abi.encode(wanted));
        vm.assertEq(lens.licenseCount(), 1);
        vm.assertEq(licenses.balanceOf(researcher), 1);
        vm.assertEq(licenses.ownerOf(1), researcher);
        vm.assertFalse(licenses.isActive(1));
    }

    function test_given_a_free_offer() external {
        IAccessLicense.Offer memory terms = _terms(dataset);
        terms.price = 0;
        uint256 licenseId = _settle(_buy(_createOffer(hospital, terms)));
        vm.assertTrue(licenses.isActive(licenseId));
        _assertOwed(hospital, 0);
    }

    function test_given_another_version_than_the_latest() external {
        uint256 offerId = _offer();
        _publishVersion(hospital, dataset, _publication("junk", TERMS));
        uint32[3] memory versions = [uint32(0), 1, 3];
        for (uint256 i = 0; i < 3; ++i) {
            vm.prank(researcher);
            vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_WrongVersion.selector, versions[i], 2));
            licenses.purchase{value: PRICE}(offerId, hashes[offerId], versions[i], HMB, true);
        }
        vm.prank(researcher);
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 2, HMB, true);
        vm.assertEq(lens.licenseOf(1).version, 2);
    }

    function test_given_no_leave_to_review() external {
        uint64 terms = DuoPolicy.HMB | DuoPolicy.US;
        uint256 offerId = _createOffer(hospital, _terms(_publish(hospital, _publication("judged", terms))));
        vm.prank(researcher);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NeedsReview.selector, terms, HMB));
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 1, HMB, false);
        offerId = _offer();
        vm.prank(researcher);
        licenses.purchase{value: PRICE}(offerId, hashes[offerId], 1, HMB, false);
        _assertState(1, IAccessLicense.State.Purchased);
    }

    function test_given_an_arbiter_that_has_come_to_take_part_or_accepts_no_more() external {
        uint256 offerId = _offer();
        _appoint(hospital, dataset, IDatasetNFT.Role.Operator, arbiter);
        vm.expectRevert(
            abi.encodeWithSelector(IAccessLicense.AccessLicense_ArbiterTakesPart.selector, dataset, arbiter)
        );
        _purchase(offerId, HMB, PRICE);
        _transfer(hospital, second, dataset); // which ends the role
        _acceptArbitration(arbiter, false);
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_ArbiterHasNotAccepted.selector, arbiter));
        _purchase(offerId, HMB, PRICE);
        _acceptArbitration(arbiter, true);
        _purchase(offerId, HMB, PRICE);
    }

    function test_given_an_allowance() external {
        ILicenseLens.License memory got = lens.licenseOf(_buyForDollars());
        vm.assertEq(uint256(got.state), uint256(IAccessLicense.State.Purchased));
        vm.assertEq(got.price, DOLLARS);
        vm.assertEq(got.currency, address(dollar));
        vm.assertEq(dollar.balanceOf(address(licenses)), DOLLARS);
        vm.assertEq(dollar.allowance(researcher, address(licenses)), 0);
        vm.assertEq(address(licenses).balance, 0);
    }

    function test_given_no_allowance() external {
        uint256 offerId = _createOffer(hospital, _dollarTerms());
        _approve(researcher, DOLLARS - 1);
        _refusesAllowance(DOLLARS - 1, DOLLARS);
        _purchase(offerId, HMB, 0);
    }

    function test_given_ETH_for_an_ERC20() external {
        uint256 offerId = _createOffer(hospital, _dollarTerms());
        _approve(researcher, DOLLARS);
        _refusesPrice(1, 0);
        _purchase(offerId, HMB, 1);
    }

    function test_given_a_token_that_takes_a_fee() external {
        address token = address(new FeeToken());
        uint256 offerId = _offerIn(token);
        _refusesAmount(token, DOLLARS - DOLLARS / 100);
        _purchase(offerId, HMB, 0);
        vm.assertEq(lens.licenseCount(), 0);
    }

    function test_given_a_token_that_lies() external {
        LyingToken.Lie[2] memory lies = [LyingToken.Lie.MoveNothing, LyingToken.Lie.Shrink];
        for (uint256 i = 0; i < 2; ++i) {
            LyingToken token = new LyingToken();
            token.mint(address(licenses), DOLLARS);
            uint256 offerId = _offerIn(address(token));
            token.setLie(lies[i]);
            _refusesAmount(address(token), 0);
            _purchase(offerId, HMB, 0);
        }
    }

    function test_given_a_token_that_answers_false() external {
        address token = address(new FalseToken());
        IAccessLicense.Offer memory terms = _dollarTerms();
        terms.currency = token;
        uint256 offerId = _createOffer(hospital, terms);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, token));
        _purchase(offerId, HMB, 0);
    }

    function test_given_a_token_that_answers_nothing() external {
        address token = address(new SilentToken());
        IAccessLicense.Offer memory terms = _dollarTerms();
        terms.currency = token;
        uint256 offerId = _createOffer(hospital, terms);
        SilentToken(token).mint(researcher, DOLLARS);
        vm.prank(researcher);
        SilentToken(token).approve(address(licenses), DOLLARS);
        _purchase(offerId, HMB, 0);
        vm.assertEq(SilentToken(token).balanceOf(address(licenses)), DOLLARS);
    }

    function _purchase(uint256 offerId, uint64 duo, uint256 value) private {
        vm.prank(researcher);
        licenses.purchase{value: value}(offerId, hashes[offerId], 1, duo, true);
    }

    /// @dev At 250 of a token, of which the researcher has and allows as much.
    function _offerIn(address token) private returns (uint256) {
        Dollar(token).mint(researcher, DOLLARS);
        vm.prank(researcher);
        Dollar(token).approve(address(licenses), DOLLARS);
        IAccessLicense.Offer memory terms = _dollarTerms();
        terms.currency = token;
        return _createOffer(hospital, terms);
    }

    function _refusesAmount(address token, uint256 got) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessLicense.AccessLicense_WrongAmountReceived.selector, token, got, uint256(DOLLARS)
            )
        );
    }
}
