// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IAccessLicense} from "../../../contracts/interfaces/IAccessLicense.sol";
import {FeeToken} from "../tokens/FeeToken.sol";
import {vm} from "../Vm.sol";
import {LicenseScene} from "./LicenseScene.sol";

contract LicenseCollectTest is LicenseScene {
    uint256 private constant ROYALTY = uint256(PRICE) * 5 / 100;

    function test_collect_given_nothing_owed_to_the_account_or_nothing_in_this_currency() external {
        _settled();
        address[4] memory accounts = [stranger, hospital, hospital, address(0)];
        address[4] memory currencies = [ETH, address(dollar), stranger, ETH];
        for (uint256 i = 0; i < 4; ++i) {
            _refusesDebt(accounts[i], currencies[i]);
            licenses.collect(accounts[i], currencies[i]);
        }
    }

    function test_collect_given_a_debt() external {
        address[2] memory callers = [hospital, stranger];
        for (uint256 i = 0; i < 2; ++i) {
            _settled();
            uint256 before = hospital.balance;
            vm.recordLogs();
            vm.prank(callers[i]);
            vm.assertEq(licenses.collect(hospital, ETH), PRICE);
            emit IAccessLicense.Collected(hospital, ETH, callers[i], PRICE, hospital);
            _saw(address(licenses));
            vm.assertEq(hospital.balance, before + PRICE);
            _assertOwed(hospital, 0);
            vm.assertEq(address(licenses).balance, 0);
            _refusesDebt(hospital, ETH);
            licenses.collect(hospital, ETH);
        }
    }

    function test_collect_given_a_debt_in_dollars() external {
        _settled();
        _settle(_buyForDollars());
        uint256 before = dollar.balanceOf(hospital);
        vm.recordLogs();
        licenses.collect(hospital, address(dollar));
        emit IAccessLicense.Collected(hospital, address(dollar), address(this), DOLLARS, hospital);
        emit IERC20.Transfer(address(licenses), hospital, DOLLARS);
        _saw(address(licenses), address(dollar));
        vm.assertEq(dollar.balanceOf(hospital), before + DOLLARS);
        vm.assertEq(dollar.balanceOf(address(licenses)), 0);
        vm.assertEq(licenses.owed(hospital, address(dollar)), 0);
        _assertOwed(hospital, PRICE);
        vm.assertEq(address(licenses).balance, PRICE);
    }

    function test_collect_given_an_account_that_takes_no_ETH() external {
        _settledFor(address(keys));
        uint256 owed = PRICE - ROYALTY;
        _refusesTransfer(address(keys), owed);
        licenses.collect(address(keys), ETH);
        _assertOwed(address(keys), owed);
        uint256 before = hospital.balance;
        licenses.collect(hospital, ETH);
        vm.assertEq(hospital.balance, before + ROYALTY);
    }

    function test_collect_given_a_token_that_charges_the_sender_on_top() external {
        FeeToken token = new FeeToken();
        token.setFee(0);
        token.mint(researcher, 2000);
        vm.prank(researcher);
        token.approve(address(licenses), 2000);
        IAccessLicense.Offer memory terms = _terms(dataset);
        (terms.price, terms.currency) = (1000, address(token));
        uint256 offerId = _createOffer(hospital, terms);
        _buy(offerId);
        _settle(_buy(offerId));
        token.setOnTop(true);
        token.setFee(100);
        _refusesTransfer(hospital, 1000);
        licenses.collect(hospital, address(token));
        vm.assertEq(token.balanceOf(address(licenses)), 2000);
        vm.assertEq(licenses.owed(hospital, address(token)), 1000);
        token.setFee(0);
        licenses.collect(hospital, address(token));
        vm.assertEq(token.balanceOf(address(licenses)), 1000);
        vm.assertEq(token.balanceOf(hospital), 1000);
    }

    function test_collect_given_a_contract_that_takes_ETH() external {
        _settledFor(address(wallet));
        uint256 before = address(wallet).balance;
        licenses.collect(address(wallet), ETH);
        vm.assertEq(address(wallet).balance, before + PRICE - ROYALTY);
    }

    function test_collectTo_given_nothing_owed_to_the_sender() external {
        _settled();
        _refusesDebt(stranger, ETH);
        _collectTo(stranger, stranger, ETH);
    }

    function test_collectTo_given_a_receiver_that_takes_no_ETH_or_this_contract_itself() external {
        _settled();
        address[2] memory receivers = [address(keys), address(licenses)];
        for (uint256 i = 0; i < 2; ++i) {
            _refusesTransfer(receivers[i], PRICE);
            _collectTo(hospital, receivers[i], ETH);
            _assertOwed(hospital, PRICE);
        }
    }

    function test_collectTo_given_this_contract_itself_for_dollars() external {
        _settle(_buyForDollars());
        _refusesTransfer(address(licenses), DOLLARS);
        _collectTo(hospital, address(licenses), address(dollar));
    }

    function test_collectTo_given_a_debt() external {
        _settled();
        uint256 before = stranger.balance;
        vm.recordLogs();
        vm.assertEq(_collectTo(hospital, stranger, ETH), PRICE);
        emit IAccessLicense.Collected(hospital, ETH, hospital, PRICE, stranger);
        _saw(address(licenses));
        vm.assertEq(stranger.balance, before + PRICE);
        _assertOwed(hospital, 0);
        vm.assertEq(address(licenses).balance, 0);
        _refusesDebt(hospital, ETH);
        _collectTo(hospital, stranger, ETH);
    }

    function test_collectTo_given_a_debt_in_dollars() external {
        _settle(_buyForDollars());
        _collectTo(hospital, stranger, address(dollar));
        vm.assertEq(dollar.balanceOf(stranger), DOLLARS);
        vm.assertEq(dollar.balanceOf(address(licenses)), 0);
        vm.assertEq(licenses.owed(hospital, address(dollar)), 0);
    }

    function test_collectTo_given_a_contract_whose_income_is_stuck() external {
        _settledFor(address(wallet));
        _assertOwed(address(wallet), PRICE - ROYALTY);
        uint256 before = researcher.balance;
        _asWallet(address(licenses), 0, abi.encodeCall(IAccessLicense.collectTo, (researcher, ETH)));
        vm.assertEq(researcher.balance, before + PRICE - ROYALTY);
        _assertOwed(address(wallet), 0);
    }

    /// @dev Delivered by the hospital, and settled when the dataset was `owner`'s.
    function _settledFor(address owner) private {
        uint256 licenseId = _delivered();
        _transfer(hospital, owner, dataset);
        _confirm(licenseId);
    }

    function _collectTo(address by, address to, address currency) private returns (uint256) {
        vm.prank(by);
        return licenses.collectTo(to, currency);
    }

    function _refusesDebt(address account, address currency) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_NothingOwed.selector, account, currency));
    }

    function _refusesTransfer(address to, uint256 amount) private {
        vm.expectRevert(abi.encodeWithSelector(IAccessLicense.AccessLicense_TransferFailed.selector, to, amount));
    }
}
