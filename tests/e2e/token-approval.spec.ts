/**
 * Tokens without permits, royalties in a token after a dataset was passed on, transactions that are
 * replaced. After the specs that count datasets.
 */
import type { Locator } from '@playwright/test'
import { createWalletClient, http, type Abi, type Hex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

import { offerHash } from '../../frontend/src/features/licenses/purchase/offerHash'
import { RIGHTS } from '../../frontend/src/features/licenses/rights'
import { AccessLicense, DatasetNFT, LicenseLens } from '../../frontend/src/generated/abi'
import {
  acceptArbitration,
  actor,
  deliverNewest,
  deployToken,
  HMB,
  licenseOf,
  mint,
  offerFromOwner,
  offerOf,
  publish,
  newBuyer,
  registerKey,
  TOKEN,
} from './actors'
import { connect, expect, newAccount, show, test } from './fixtures'
import type { World } from './world'

const PURPOSE = 'Health, medical or biomedical research'
const PRICE = 7_000n

const hashOf = async (world: World, offerId: bigint) => {
  const [offer] = await world.read.readContract({
    address: world.contracts.LicenseLens,
    abi: LicenseLens,
    functionName: 'offerOf',
    args: [offerId],
  })
  return offerHash({ ...offer, right: RIGHTS[offer.right] ?? 'none' })
}

const balanceOf = (world: World, token: Hex, of: Hex) =>
  world.read.readContract({ address: token, abi: TOKEN, functionName: 'balanceOf', args: [of] })
const allowanceOf = (world: World, token: Hex, of: Hex) =>
  world.read.readContract({
    address: token,
    abi: TOKEN,
    functionName: 'allowance',
    args: [of, world.contracts.AccessLicense],
  })

test('buys in a token without permits: approves, then pays; a refusal leaves nothing half done', async ({
  page,
  world,
  owner,
  addWallet,
  checkAccessibility,
}) => {
  const token = await deployToken(world, 'SilentToken')
  const id = await publish(world, owner, offerOf({ price: PRICE, currency: token }))
  const buyer = await newBuyer(world)
  await mint(world, token, buyer.address, 3n * PRICE)
  await addWallet(buyer)
  await show(page, id)
  await page.getByLabel(PURPOSE).check()
  const wallet = () =>
    page.evaluate(() => ({ sent: window.testWallet.sent, signed: window.testWallet.signed }))
  const decline = (after: number) =>
    page.evaluate((n) => void (window.testWallet.rejectAfter = n), after)
  const buy = page.getByRole('button', { name: /^Purchase for 0\.007 of token 0x/ })
  const start = await wallet()

  // The approval is declined: nothing was sent, and the page is as before.
  await expect(
    page.getByText(/^Two transactions, because no permit can be signed for this token/),
  ).toBeVisible()
  await decline(0)
  await buy.click()
  await expect(page.getByText('You declined the request in your wallet.')).toBeVisible()
  expect(await wallet()).toEqual(start)
  expect(await allowanceOf(world, token, buyer.address)).toBe(0n)
  await expect(page.getByText(/^Two transactions/)).toBeVisible()
  await expect(buy).toBeEnabled()

  // The approval is given, the purchase declined: the page says that the approval stands, and takes
  // it back.
  await decline(1)
  await buy.click()
  await expect(
    page.getByText(/^One transaction\. The licence contract may take 0\.007 of token .* already/),
  ).toBeVisible()
  expect((await wallet()).sent).toBe(start.sent + 1)
  expect(await balanceOf(world, token, buyer.address)).toBe(3n * PRICE)
  await checkAccessibility()
  await page.getByRole('button', { name: 'Withdraw the approval' }).click()
  await expect(page.getByText(/^Two transactions/)).toBeVisible()
  expect(await allowanceOf(world, token, buyer.address)).toBe(0n)

  // Both: exactly the price was approved, so nothing of the approval is left.
  const before = await wallet()
  await buy.click()
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  expect(await wallet()).toEqual({ sent: before.sent + 2, signed: start.signed })
  expect(await balanceOf(world, token, buyer.address)).toBe(2n * PRICE)
  expect(await allowanceOf(world, token, buyer.address)).toBe(0n)

  // What was approved before needs no second transaction: another licence, one transaction.
  const account = privateKeyToAccount(buyer.privateKey)
  await world.send(account, token, TOKEN as Abi, 'approve', [world.contracts.AccessLicense, PRICE])
  await page.goto(`/datasets/${id}`)
  await page.getByRole('button', { name: 'Buy another one' }).click()
  await page.getByLabel(PURPOSE).check()
  await expect(page.getByText(/^One transaction\. The licence contract may take/)).toBeVisible()
  const then = await wallet()
  await buy.click()
  await expect.poll(() => balanceOf(world, token, buyer.address)).toBe(PRICE)
  expect((await wallet()).sent).toBe(then.sent + 1)
})

test('takes an old approval back first where a token wants that', async ({
  page,
  world,
  addWallet,
  owner,
}) => {
  const token = await deployToken(world, 'StubbornToken')
  const price = 3n * 10n ** 18n
  const id = await publish(world, owner, offerOf({ price, currency: token }))
  const buyer = await newBuyer(world)
  const account = privateKeyToAccount(buyer.privateKey)
  await mint(world, token, buyer.address, price)
  await world.send(account, token, TOKEN as Abi, 'approve', [world.contracts.AccessLicense, 1n])
  await addWallet(buyer)
  await show(page, id)
  await page.getByLabel(PURPOSE).check()
  await page.getByRole('button', { name: 'Purchase for 3 STUB' }).click()
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  expect(await page.evaluate(() => window.testWallet.sent)).toBe(3)
  expect(await balanceOf(world, token, buyer.address)).toBe(0n)
  expect(await allowanceOf(world, token, buyer.address)).toBe(0n)
})

test('shows a former owner the royalty in each currency, and pays it out', async ({
  page,
  world,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  const token = await deployToken(world, 'Dollar')
  const publishing = await newAccount(stack)
  const [publisher, next, buyer] = [
    privateKeyToAccount(publishing.privateKey),
    await actor(stack),
    await actor(stack),
  ]
  const id = await publish(world, publisher, offerOf({ price: 100_000_000n, currency: token }))
  await world.send(publisher, world.contracts.DatasetNFT, DatasetNFT as Abi, 'transferFrom', [
    publisher.address,
    next.address,
    id,
  ])
  // The new owner's own offer, in ether; both bring the publisher 5 %.
  await offerFromOwner(world, id, offerOf({ datasetId: id, price: 10n ** 18n }))
  await mint(world, token, buyer.address, 100_000_000n)
  const newest = await world.read.readContract({
    address: world.contracts.LicenseLens,
    abi: LicenseLens,
    functionName: 'offerCount',
  })
  await registerKey(world, buyer)
  await world.send(buyer, token, TOKEN as Abi, 'approve', [
    world.contracts.AccessLicense,
    100_000_000n,
  ])
  for (const [offerId, value] of [
    [newest - 1n, 0n],
    [newest, 10n ** 18n],
  ] as const) {
    await world.send(
      buyer,
      world.contracts.AccessLicense,
      AccessLicense as Abi,
      'purchase',
      [offerId, await hashOf(world, offerId), 1, HMB, false],
      value,
    )
    const license = await deliverNewest(world, next)
    await world.send(buyer, world.contracts.AccessLicense, AccessLicense as Abi, 'confirm', [
      license,
    ])
  }

  await addWallet(publishing)
  await page.goto('/owed')
  await expect(page.getByText('Connect a wallet to see what it is owed')).toBeVisible()
  await checkAccessibility()
  await connect(page)
  const inToken = page.getByRole('button', { name: 'Collect 5 TUSD from licences' })
  const inEther = page.getByRole('button', { name: 'Collect 0.05 ETH from licences' })
  await expect(inToken).toBeVisible()
  await expect(inEther).toBeVisible()
  await checkAccessibility()
  await inToken.click()
  await expect(inToken).toHaveCount(0)
  expect(await balanceOf(world, token, publisher.address)).toBe(5_000_000n)
  await inEther.click()
  await expect(inEther).toHaveCount(0)
  await expect(page.getByText('Nothing is owed to you', { exact: true })).toBeVisible()

  await page.getByLabel('Address of the token').fill('TUSD')
  await page.getByRole('button', { name: 'Look it up' }).click()
  await expect(page.getByText('An address is 0x and 40 hexadecimal digits.')).toBeVisible()
  await page.getByLabel('Address of the token').fill(world.contracts.DatasetNFT)
  await page.getByRole('button', { name: 'Look it up' }).click()
  await expect(
    page.getByText(`Nothing is owed to you in the token ${world.contracts.DatasetNFT}.`),
  ).toBeVisible()
  await checkAccessibility()
})

test('says that a transaction was replaced, and pays nothing for it', async ({
  page,
  world,
  stack,
  addWallet,
  owner,
}) => {
  const id = await publish(world, owner, offerOf({ price: 10n ** 17n }))
  const buyer = await newBuyer(world)
  await addWallet(buyer)
  await show(page, id)
  await page.getByLabel(PURPOSE).check()
  // It waits behind a place in line that nobody has taken yet.
  const nonce = await world.read.getTransactionCount({ address: buyer.address })
  await page.evaluate(() => void (window.testWallet.gap = 1))
  const sent = await page.evaluate(() => window.testWallet.sent)
  await page.getByRole('button', { name: 'Purchase for 0.1 ETH' }).click()
  await expect.poll(() => page.evaluate(() => window.testWallet.sent)).toBe(sent + 1)
  await expect(page.getByText('Waiting for the next block…')).toBeVisible()
  // "Cancel" in the wallet: the same place, for a higher fee, to itself; then the line moves on.
  const wallet = createWalletClient({
    account: privateKeyToAccount(buyer.privateKey),
    transport: http(stack.rpcUrl),
  })
  const nothing = {
    to: buyer.address,
    value: 0n,
    gas: 21_000n,
    maxFeePerGas: 10n ** 12n,
    maxPriorityFeePerGas: 10n ** 11n,
    chain: null,
  }
  await wallet.sendTransaction({ ...nothing, nonce: nonce + 1 })
  await wallet.sendTransaction({ ...nothing, nonce })
  await expect(
    page.getByText('Another transaction of your account took the place of this one.'),
  ).toBeVisible({ timeout: 60_000 })
  await expect(page.getByRole('button', { name: 'Purchase for 0.1 ETH' })).toBeEnabled()
  expect(
    await world.read.readContract({
      address: world.contracts.AccessLicense,
      abi: AccessLicense,
      functionName: 'balanceOf',
      args: [buyer.address],
    }),
  ).toBe(0n)
})

test('connects, buys and collects with the keyboard alone', async ({
  page,
  world,
  owner,
  stack,
  addWallet,
}) => {
  const arbiter = await actor(stack)
  await acceptArbitration(world, arbiter)
  const id = await publish(world, owner, offerOf({ price: 10n ** 17n, arbiter: arbiter.address }))
  const buyer = await newBuyer(world)
  await addWallet(buyer)
  await expect
    .poll(async () => (await page.request.get(`/v1/datasets/${id}`)).status(), { timeout: 60_000 })
    .toBe(200)
  await page.goto(`/datasets/${id}`)
  const press = async (target: Locator, key: string) => {
    await expect(target).toBeEnabled()
    const focused = () => target.evaluate((element) => element === document.activeElement)
    for (let i = 0; i < 80 && !(await focused()); i++) await page.keyboard.press('Tab')
    await expect(target).toBeFocused()
    await page.keyboard.press(key)
  }
  await press(page.getByRole('banner').getByRole('button', { name: 'Connect wallet' }), 'Enter')
  await press(page.getByRole('dialog').getByRole('button', { name: 'Test wallet' }), 'Enter')
  await press(page.getByLabel(PURPOSE), 'Space')
  await press(page.getByRole('button', { name: 'Purchase for 0.1 ETH' }), 'Enter')
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  const license = await deliverNewest(world, owner)
  await press(page.getByRole('button', { name: 'Dispute' }), 'Enter')
  await press(page.getByRole('dialog').getByRole('button', { name: 'Open the dispute' }), 'Enter')
  await expect(page.getByRole('heading', { name: 'Open the data' })).toHaveCount(0)
  const { AccessLicense: licences } = world.contracts
  const { licensee, deadline } = await licenseOf(world, license)
  const decision = [license, false, licensee, deadline]
  await world.send(arbiter, licences, AccessLicense as Abi, 'resolve', decision)

  // The menu by its arrow keys.
  await press(page.getByRole('button', { name: /^Account 0x/ }), 'Enter')
  const entry = page.getByRole('menuitem', { name: 'Owed to me' })
  const focused = () => page.evaluate(() => document.activeElement?.textContent)
  for (
    let i = 0;
    i < 6 && !(await entry.evaluate((element) => element === document.activeElement));
    i++
  ) {
    // The menu moves the focus after the key, so the next key waits for that.
    const before = await focused()
    await page.keyboard.press('ArrowDown')
    await expect.poll(focused).not.toBe(before)
  }
  await expect(entry).toBeFocused()
  await page.keyboard.press('Enter')
  const collect = page.getByRole('button', { name: 'Collect 0.1 ETH from licences' })
  await press(collect, 'Enter')
  await expect(collect).toHaveCount(0)
})
