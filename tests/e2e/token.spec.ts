/**
 * Offers in a token, bought by one permit; visas; prices that are earned over time. After the other
 * specs: it adds offers and datasets.
 */
import { privateKeyToAccount } from 'viem/accounts'

import {
  actor,
  deliverNewest,
  deployToken,
  issueVisa,
  mint,
  newBuyer,
  offerFromOwner,
  offerOf,
  publish,
  RESEARCHER_STATUS,
  TOKEN,
  trust,
} from './actors'
import { connect, expect, newAccount, otherPage, show, test } from './fixtures'

const PURPOSE = 'Health, medical or biomedical research'
const PRICE = 25_500_000n
const FUNDS = 100_000_000n

test('buys an offer in a token with one signature and one transaction, and another one besides', async ({
  page,
  world,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  const token = await deployToken(world, 'Dollar')
  const balance = (of: `0x${string}`) =>
    world.read.readContract({ address: token, abi: TOKEN, functionName: 'balanceOf', args: [of] })
  const dataset = stack.datasets[2]
  if (!dataset) throw new Error('the stack announced too few datasets')
  await offerFromOwner(
    world,
    BigInt(dataset.id),
    offerOf({ datasetId: BigInt(dataset.id), price: PRICE, currency: token, proRata: true }),
  )

  const buyer = await newBuyer(world)
  await addWallet(buyer)
  await page.goto(`/datasets/${dataset.id}`)
  await connect(page)
  await page.getByRole('radio', { name: /25\.5 TUSD/ }).check()

  // What the token is, what it will take, and that this account has none of it.
  await expect(page.getByText('A token’s name proves nothing')).toBeVisible()
  await expect(page.getByTitle(token)).toBeVisible()
  await expect(page.getByText('One signature, then one transaction')).toBeVisible()
  await expect(page.getByText('Your account has too little TUSD.')).toBeVisible()
  const buy = page.getByRole('button', { name: 'Purchase for 25.5 TUSD' })
  await expect(buy).toBeDisabled()
  await mint(world, token, buyer.address, FUNDS)
  await expect(page.getByText('Your account has too little TUSD.')).toHaveCount(0)
  await page.getByLabel(PURPOSE).check()
  for (const box of await page
    .getByRole('group', { name: 'You agree to the conditions' })
    .getByRole('checkbox')
    .all())
    await box.check()
  await page.getByText('Add a research statement (optional)').click()
  await page
    .getByLabel('Research statement', { exact: true })
    .fill('Which early signs of heart disease differ between hospitals?')
  await checkAccessibility()

  // Declining the signature sends nothing.
  const before = await page.evaluate(() => ({ ...window.testWallet }))
  await page.evaluate(() => void (window.testWallet.reject = 1))
  await buy.click()
  await expect(page.getByText('You declined the request in your wallet.')).toBeVisible()
  expect(await page.evaluate(() => window.testWallet.sent)).toBe(before.sent)

  await buy.click()
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  const after = await page.evaluate(() => ({ ...window.testWallet }))
  expect([after.sent - before.sent, after.signed - before.signed]).toEqual([1, 1])
  expect(await balance(buyer.address)).toBe(FUNDS - PRICE)
  expect(await balance(world.contracts.AccessLicense)).toBe(PRICE)
  expect(
    await world.read.readContract({
      address: token,
      abi: TOKEN,
      functionName: 'allowance',
      args: [buyer.address, world.contracts.AccessLicense],
    }),
  ).toBe(0n)

  // The statement's text is in this browser, its hash on chain.
  await expect(page.getByText('Which early signs of heart disease')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Open the data' })).toBeVisible({
    timeout: 60_000,
  })
  await page.getByRole('button', { name: 'Confirm receipt' }).click()

  // What is not earned stays in escrow, and would come back.
  await expect(page.getByText(/You get back 25\.4\d+ TUSD, less with every second/)).toBeVisible()
  expect(await balance(world.contracts.AccessLicense)).toBe(PRICE)
  await checkAccessibility()

  // Who wants more buys the offer again, with all that belongs to a purchase.
  await page.goto(`/datasets/${dataset.id}`)
  await page.getByRole('radio', { name: /25\.5 TUSD/ }).check()
  await expect(page.getByText('You have this licence.')).toBeVisible()
  await page.getByRole('button', { name: 'Buy another one' }).click()
  await page.getByLabel(PURPOSE).check()
  for (const box of await page
    .getByRole('group', { name: 'You agree to the conditions' })
    .getByRole('checkbox')
    .all())
    await box.check()
  const first = page.url()
  await buy.click()
  await expect(page).not.toHaveURL(first)
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  await expect.poll(() => balance(buyer.address)).toBe(FUNDS - 2n * PRICE)
})

test('asks for a visa before it asks for money, and shares a price that is earned over time', async ({
  page,
  world,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  const [issuer, buyer, owning] = [
    await actor(stack),
    await newBuyer(world),
    await newAccount(stack),
  ]
  const owner = privateKeyToAccount(owning.privateKey)
  const price = 10n ** 18n
  const id = await publish(
    world,
    owner,
    offerOf({ price, visas: 1 << RESEARCHER_STATUS, proRata: true }),
  )

  await addWallet(buyer)
  await show(page, id)
  await page.getByLabel(PURPOSE).check()
  const buy = page.getByRole('button', { name: 'Purchase for 1 ETH' })
  await expect(buy).toBeDisabled()

  const choose = async (buffer: Buffer) =>
    page
      .getByLabel('Visa files')
      .setInputFiles({ name: 'visa.json', mimeType: 'application/json', buffer })
  await choose(Buffer.from('{}'))
  await expect(page.getByRole('alert').getByText('This is not a visa file')).toBeVisible()
  await choose(await issueVisa(world, issuer, owner.address))
  await expect(
    page.getByRole('alert').getByText(/This visa was issued to 0x.*, not to your account/),
  ).toBeVisible()
  await expect(buy).toBeDisabled()
  await choose(await issueVisa(world, issuer, buyer.address))
  await expect(page.getByText(/^Valid until /)).toBeVisible()
  await checkAccessibility()

  // The owner does not know the issuer: said before anything is sent.
  await buy.click()
  await expect(
    page.getByRole('alert').getByText(`The data owner does not trust ${issuer.address}`),
  ).toBeVisible()
  await trust(world, owner, issuer.address)
  await buy.click()
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  const license = await deliverNewest(world, owner)
  await page.getByRole('button', { name: 'Confirm receipt' }).click()
  await expect(
    page.getByText('The licence ends early, with the first of them that expires.'),
  ).toBeVisible()
  await expect(page.getByText(/You get back about 0\.9999\d+ ETH/)).toBeVisible()
  await checkAccessibility()

  // The owner, in a browser of its own.
  const theirs = await otherPage(page, stack)
  await addWallet(owning, theirs)
  await theirs.goto(`/licenses/${license}`)
  await connect(theirs)
  await checkAccessibility(theirs)
  await theirs.getByRole('button', { name: 'Claim what is earned' }).click()
  await expect(theirs.getByText(/^0\.0000\d+ ETH from licences are credited/)).toBeVisible()
  await theirs.getByRole('button', { name: 'Revoke this licence' }).click()
  await expect(
    theirs
      .getByRole('dialog')
      .getByText(/the licensee gets what was not: now about 0\.9999\d+ ETH/),
  ).toBeVisible()
  const sent = await theirs.evaluate(() => window.testWallet.sent)
  await theirs.getByRole('button', { name: 'Revoke', exact: true }).click()
  await expect(theirs.getByText('Revoked by the owner')).toBeVisible()
  expect(await theirs.evaluate(() => window.testWallet.sent)).toBe(sent + 1)
  await theirs.context().close()

  await expect(page.getByText('Revoked by the owner')).toBeVisible()
  const collect = page.getByRole('button', { name: /^Collect 0\.\d+ ETH from licences$/ })
  await collect.click()
  await expect(collect).toHaveCount(0)
})
