/**
 * What binds a sale: who decides disputes, which version is bought, who may wait for the committee,
 * what a licence without a key gives, what a counted use does. After the specs that count datasets.
 */
import { readFileSync } from 'node:fs'

import { zeroAddress, zeroHash, type Abi } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

import { AccessLicense, DatasetNFT } from '../../frontend/src/generated/abi'
import {
  acceptArbitration,
  actAs,
  actor,
  buyNewest,
  deliverNewest,
  deliveryOf,
  ENVELOPE,
  HMB,
  licenseOf,
  newBuyer,
  offerFromOwner,
  offerOf,
  publish,
} from './actors'
import { connect, createKey, expect, newAccount, otherPage, show, test } from './fixtures'

const PURPOSE = 'Health, medical or biomedical research'
const PRICE = 10n ** 17n
const BUY = 'Purchase for 0.1 ETH'
/** A term that a person judges: only in a certain region. */
const GEOGRAPHIC = 1n << 25n
const COMMITTEE = 2
const TRAIN = 2

test('an arbiter accepts, is named before anything is paid, sees a dispute and decides it', async ({
  page,
  world,
  owner,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  const judging = await newAccount(stack)
  const desk = await otherPage(page, stack)
  await addWallet(judging, desk)
  await desk.goto('/arbitration')
  await connect(desk)
  await expect(desk.getByText('No dispute waits for you')).toBeVisible()
  await desk.getByRole('button', { name: 'Accept to decide disputes' }).click()
  await expect(desk.getByRole('heading', { name: 'You decide disputes' })).toBeVisible()

  const offer = offerOf({ price: PRICE, arbiter: judging.address })
  const id = await publish(world, owner, offer)
  await addWallet(await newBuyer(world))
  await show(page, id)
  await expect(page.getByTitle(judging.address).first()).toBeVisible()
  await page.getByLabel(PURPOSE).check()
  await checkAccessibility()
  await page.getByRole('button', { name: BUY }).click()
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  const license = await deliverNewest(world, owner)
  await page.getByRole('button', { name: 'Dispute' }).click()
  await page.getByRole('radio', { name: 'The file is not as described' }).check()
  await page.getByRole('button', { name: 'Open the dispute' }).click()
  await expect(page.getByText('The arbiter decides who gets the payment.')).toBeVisible()
  await checkAccessibility()

  await expect(desk.getByRole('heading', { name: `Licence ${license}` })).toBeVisible()
  await expect(desk.getByText('file is not as described')).toBeVisible()
  await checkAccessibility(desk)
  await desk.getByRole('button', { name: 'Refund the licensee' }).click()
  await expect(desk.getByText('No dispute waits for you')).toBeVisible()
  await desk.context().close()
  await expect(page.getByRole('button', { name: 'Collect 0.1 ETH from licences' })).toBeVisible()
  expect((await licenseOf(world, license)).state).toBe(6)
})

test('says that nothing can be disputed without an arbiter, and offers no dispute', async ({
  page,
  world,
  owner,
  addWallet,
  checkAccessibility,
}) => {
  const id = await publish(world, owner, offerOf({ price: PRICE }))
  await addWallet(await newBuyer(world))
  await show(page, id)
  await expect(
    page.getByText('This offer has no arbiter, so nothing can be disputed.'),
  ).toBeVisible()
  await page.getByLabel(PURPOSE).check()
  await page.getByRole('button', { name: BUY }).click()
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  await deliverNewest(world, owner)
  await expect(page.getByText('Not possible: the offer has no arbiter.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Confirm receipt' })).toBeVisible()
  await expect(page.getByRole('button', { name: 'Dispute' })).toHaveCount(0)
  await checkAccessibility()
})

test('sells nothing whose arbiter has withdrawn', async ({
  page,
  world,
  stack,
  addWallet,
  owner,
}) => {
  const arbiter = await actor(stack)
  await acceptArbitration(world, arbiter)
  const offer = offerOf({ price: PRICE, arbiter: arbiter.address })
  const id = await publish(world, owner, offer)
  await addWallet(await newBuyer(world))
  await show(page, id)
  await page.getByLabel(PURPOSE).check()
  await expect(page.getByRole('button', { name: BUY })).toBeEnabled()
  await world.send(
    arbiter,
    world.contracts.AccessLicense,
    AccessLicense as Abi,
    'acceptArbitration',
    [false],
  )
  await expect(page.getByText('The arbiter does not decide disputes any more.')).toBeVisible()
  await expect(page.getByRole('button', { name: BUY })).toBeDisabled()
})

test('buys the version that was read, and shows a newer one first', async ({
  page,
  world,
  owner,
  addWallet,
  checkAccessibility,
}) => {
  const id = await publish(world, owner, offerOf({ price: PRICE }))
  const buyer = await newBuyer(world)
  await addWallet(buyer)
  await show(page, id)
  await page.getByLabel(PURPOSE).check()
  await expect(page.getByRole('button', { name: BUY })).toBeEnabled()

  const other = `0x${'6a'.repeat(32)}`
  const next = { card: other, contentRoot: other, keyCommitment: other, terms: HMB }
  await world.send(owner, world.contracts.DatasetNFT, DatasetNFT as Abi, 'publishVersion', [
    id,
    { ...next, diseases: zeroHash },
  ])
  await expect(page.getByText('Version 2 was published while you were reading.')).toBeVisible()
  await expect(page.getByRole('button', { name: BUY })).toHaveCount(0)
  await checkAccessibility()
  await page.getByRole('button', { name: 'Read version 2' }).click()
  await page.getByLabel(PURPOSE).check()
  await page.getByRole('button', { name: BUY }).click()
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  const license = await licenseOf(world, BigInt(page.url().split('/').at(-1) ?? ''))
  expect(license.version).toBe(2)
})

test('lets a buyer in review leave, and a member of the committee decide', async ({
  page,
  world,
  owner,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  const sitting = await newAccount(stack)
  const terms = HMB | GEOGRAPHIC
  const id = await publish(world, owner, offerOf({ price: PRICE }), terms)
  const { DatasetNFT: datasets } = world.contracts
  const role = [id, COMMITTEE] as const
  await world.send(owner, datasets, DatasetNFT as Abi, 'grantRole', [...role, sitting.address])
  const member = privateKeyToAccount(sitting.privateKey)
  await world.send(member, datasets, DatasetNFT as Abi, 'acceptRole', role)

  await addWallet(await newBuyer(world))
  await show(page, id)
  const ask = async () => {
    await page.getByLabel(PURPOSE).check()
    await expect(page.getByText('Needs a person’s decision')).toBeVisible()
    await expect(page.getByRole('button', { name: BUY })).toBeDisabled()
    await page.getByLabel('I buy it all the same, and wait for the committee').check()
    await page.getByRole('button', { name: BUY }).click()
    await expect(page.getByText('A data access committee reads your purpose.')).toBeVisible()
  }
  await ask()
  await checkAccessibility()
  await page.getByRole('button', { name: 'Cancel and be refunded' }).click()
  await page.getByRole('button', { name: 'Collect 0.1 ETH from licences' }).click()
  await expect(page.getByRole('button', { name: /^Collect / })).toHaveCount(0)

  await page.goto(`/datasets/${id}`)
  await ask()
  const theirs = await otherPage(page, stack)
  await addWallet(sitting, theirs)
  await theirs.goto(`/datasets/${id}`)
  await connect(theirs)
  await theirs
    .getByRole('link', { name: `Licence ${page.url().split('/').at(-1)}` })
    .first()
    .click()
  await expect(theirs.getByRole('heading', { name: 'As a member of the committee' })).toBeVisible()
  await expect(theirs.getByRole('listitem').filter({ hasText: PURPOSE })).toBeVisible()
  await checkAccessibility(theirs)
  await theirs.getByRole('button', { name: 'Approve' }).click()
  await expect(theirs.getByRole('button', { name: 'Approve' })).toHaveCount(0)
  await theirs.getByRole('button', { name: 'Refuse and refund' }).click()
  await expect(page.getByText('Said no; refunded')).toBeVisible()
  await theirs.context().close()
})

test('shows what waits to the account that signs in, and what is new without a reload', async ({
  page,
  world,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  // Nothing is asked for now and then: what is new comes because the index says so.
  await page.addInitScript(() => {
    const real = window.setInterval
    const short = (again: TimerHandler, ms = 0, ...more: unknown[]) =>
      ms < 2_000 ? real(again, ms, ...more) : 0
    window.setInterval = short as typeof window.setInterval
  })
  const steward = await newAccount(stack)
  const owner = privateKeyToAccount(steward.privateKey)
  await addWallet(steward)
  const listening = page.waitForResponse('**/v1/events')
  await page.goto('/')
  await listening
  await expect(page.getByRole('main').getByRole('heading', { level: 2 }).first()).toBeVisible()
  const offer = offerOf({ price: PRICE })
  const plain = await publish(world, owner, offer)
  await expect(page.locator(`a[href="/datasets/${plain}"]`).first()).toBeVisible()

  await connect(page)
  await page.getByRole('button', { name: /^Account 0x/ }).click()
  await page.getByRole('menuitem', { name: 'Waiting for me' }).click()
  const enter = page.getByRole('button', { name: 'Sign in' })
  await expect(enter).toBeVisible()
  expect(await page.evaluate(() => window.testWallet.signed)).toBe(0)
  await page.evaluate(() => void (window.testWallet.reject = 1))
  await enter.click()
  await expect(page.getByText('You declined the request in your wallet.')).toBeVisible()
  await checkAccessibility()
  await enter.click()
  await expect(page.getByText('Nothing waits for you')).toBeVisible()
  expect(await page.evaluate(() => window.testWallet.sent)).toBe(0)

  const buyer = privateKeyToAccount((await newBuyer(world)).privateKey)
  const bought = await buyNewest(world, buyer)
  const deliveries = page.getByRole('region', { name: 'Deliveries that are due' })
  await expect(deliveries.getByRole('link', { name: `Licence ${bought}` })).toBeVisible()
  await expect(deliveries.getByText(/^due in /)).toBeVisible()

  // The session runs out; a new purchase is told of all the same, and not shown.
  await page.context().clearCookies()
  await publish(world, owner, offer, HMB | GEOGRAPHIC)
  const asked = await buyNewest(world, buyer)
  await expect(page.getByText('You are not signed in any more.')).toBeVisible()
  await expect(page.getByRole('link', { name: /^Licence / })).toHaveCount(0)
  await checkAccessibility()
  await enter.click()
  const review = page.getByRole('region', { name: 'Purchases to decide on' })
  await expect(review.getByRole('link', { name: `Licence ${asked}` })).toBeVisible()
  await expect(deliveries.getByRole('link', { name: `Licence ${bought}` })).toBeVisible()
  await checkAccessibility()
  // And to nobody else.
  expect((await page.request.get('/v1/me/queue')).status()).toBe(200)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await expect(enter).toBeVisible()
  expect((await page.request.get('/v1/me/queue')).status()).toBe(401)
})

test('an owner proposes a role, and its account accepts it and gives it up', async ({
  page,
  world,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  const [owning, sitting] = [await newAccount(stack), await newAccount(stack)]
  const id = await publish(world, privateKeyToAccount(owning.privateKey), offerOf({ price: PRICE }))
  const holds = () =>
    world.read.readContract({
      address: world.contracts.DatasetNFT,
      abi: DatasetNFT,
      functionName: 'hasRole',
      args: [id, COMMITTEE, sitting.address],
    })
  await addWallet(owning)
  await show(page, id)
  await expect(page.getByText('This is what a buyer reads first.')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Create key and save recovery file' })).toHaveCount(
    0,
  )
  const owners = page.getByRole('region', { name: 'Who may act for you' })
  await owners.getByLabel('Propose a role').selectOption('Access committee')
  await owners.getByLabel('To the account').fill(owning.address)
  await expect(owners.getByText('every role is yours already')).toBeVisible()
  await owners.getByLabel('To the account').fill(sitting.address)
  await owners.getByRole('button', { name: 'Propose' }).click()
  await expect(owners.getByText('Proposed', { exact: true })).toBeVisible()
  await expect(owners.getByText('It was proposed for this already.')).toBeVisible()
  await checkAccessibility()

  const theirs = await otherPage(page, stack)
  await addWallet(sitting, theirs)
  await theirs.goto(`/datasets/${id}`)
  await connect(theirs)
  const mine = theirs.getByRole('region', { name: 'Your role' })
  await expect(mine.getByText('decide on purposes')).toBeVisible()
  expect(await holds()).toBe(false)
  await mine.getByRole('button', { name: 'Accept' }).click()
  await expect(mine.getByText('Accepted', { exact: true })).toBeVisible()
  expect(await holds()).toBe(true)
  await checkAccessibility(theirs)
  await mine.getByRole('button', { name: 'Give it up' }).click()
  await expect(mine).toHaveCount(0)
  expect(await holds()).toBe(false)
  await expect(theirs.getByText('Role ended')).toBeVisible()
  await theirs.context().close()
})

test('says of a parent whether its descent is proven or only claimed', async ({
  page,
  world,
  stack,
  owner,
  addWallet,
  checkAccessibility,
}) => {
  const parent = await publish(world, owner, offerOf({ price: PRICE }))
  const sources = [{ datasetId: parent, licenseId: 0n }]
  const proven = await publish(world, owner, offerOf({ price: PRICE }), HMB, sources)
  const claimed = await publish(world, await actor(stack), offerOf({ price: PRICE }), HMB, sources)
  await addWallet(await newAccount(stack))
  await show(page, claimed)
  await page.goto(`/datasets/${parent}`)
  const provenance = page.getByRole('region', { name: 'Provenance' })
  await expect(provenance.getByText(`dataset ${proven} (proven)`)).toBeVisible()
  await expect(provenance.getByText(`dataset ${claimed} (only claimed)`)).toBeVisible()
  await expect(provenance.getByText('nobody but its publisher says so')).toBeVisible()
  await checkAccessibility()
})

test('promises no key and no download with a licence to train', async ({
  page,
  world,
  owner,
  addWallet,
  checkAccessibility,
}) => {
  const id = await publish(world, owner, offerOf({ price: PRICE, right: TRAIN, uses: 2 }))
  await addWallet(await newBuyer(world))
  await show(page, id)
  await expect(page.getByText(/no key and no file are sent/)).toBeVisible()
  await page.getByLabel(PURPOSE).check()
  await page.getByRole('button', { name: BUY }).click()
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  await deliverNewest(world, owner, zeroHash)
  await expect(page.getByRole('heading', { name: 'Use the licence' })).toBeVisible()
  await expect(page.getByText('No key and no file come with this licence')).toBeVisible()
  await expect(page.getByRole('button', { name: /Decrypt/ })).toHaveCount(0)
  await checkAccessibility()
  await page.getByRole('button', { name: 'Confirm access' }).click()
  await expect(page.getByRole('main').getByText('The owner was paid')).toBeVisible()
})

test('counts a use for a file that is right, survives a false second delivery, and leads to the offer when all are used', async ({
  page,
  world,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  const dataset = stack.datasets[3] ?? stack.datasets[0]
  if (!dataset) throw new Error('the stack announced no dataset')
  const id = BigInt(dataset.id)
  const offer = offerOf({ datasetId: id, price: PRICE, uses: 1, arbiter: zeroAddress })
  await offerFromOwner(world, id, offer)
  await addWallet(await newAccount(stack))
  await show(page, id)
  await page.getByRole('radio', { name: /0\.1 ETH/ }).check()
  await createKey(page)
  await page.getByLabel(PURPOSE).check()
  for (const box of await page
    .getByRole('group', { name: 'You agree to the conditions' })
    .getByRole('checkbox')
    .all())
    await box.check()
  await page.getByRole('button', { name: BUY }).click()
  await expect(page.getByRole('heading', { name: 'Open the data' })).toBeVisible({
    timeout: 60_000,
  })
  const license = BigInt(page.url().split('/').at(-1) ?? '')
  await expect(page.getByText(/^Opening the file counts the last use,/)).toBeVisible()
  await checkAccessibility()

  // The owner delivers once more, and falsely: what was delivered before still opens.
  const owner = await world.read.readContract({
    address: world.contracts.DatasetNFT,
    abi: DatasetNFT,
    functionName: 'ownerOf',
    args: [id],
  })
  await actAs(world, owner, 'redeliver', await deliveryOf(world, license, ENVELOPE))

  // The count is declined: nothing is saved, nothing counted.
  let saved = 0
  page.on('download', () => (saved += 1))
  await page.evaluate(() => void (window.testWallet.reject = 1))
  await page.getByRole('button', { name: 'Decrypt and download' }).click()
  await expect(page.getByText('You declined the request in your wallet.')).toBeVisible()
  expect(saved).toBe(0)
  expect((await licenseOf(world, license)).usesLeft).toBe(1)

  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Decrypt and download' }).click()
  expect(readFileSync(await (await download).path()).equals(readFileSync(dataset.file))).toBe(true)
  expect((await licenseOf(world, license)).usesLeft).toBe(0)
  await expect(page.getByText('All uses of this licence are spent.')).toBeVisible()
  await expect(page.getByRole('main').getByText('The owner was paid')).toBeVisible()
  await checkAccessibility()
  await page.getByRole('link', { name: 'Buy again' }).click()
  await expect(page.getByRole('radio', { name: /0\.1 ETH/ })).toBeChecked()
  await expect(page.getByRole('button', { name: BUY })).toBeVisible()
})
