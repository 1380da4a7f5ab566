/**
 * The page's main job, end to end: buy a licence, get the key, decrypt, confirm; and everything
 * that can stand in its way.
 */
import { readFileSync } from 'node:fs'

import { newBuyer } from './actors'
import { connect, createKey, expect, newAccount, PASSPHRASE, rpc, test } from './fixtures'

const PURPOSE = 'Health, medical or biomedical research'

test('buys a licence, sees the key delivered, decrypts the file byte for byte and confirms', async ({
  page,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  const account = await newAccount(stack)
  await addWallet(account)
  await page.goto('/')

  // Browsing needs no wallet.
  await expect(page.getByRole('heading', { level: 1, name: 'Datasets' })).toBeVisible()
  const cards = page
    .getByRole('main')
    .getByRole('listitem')
    .filter({ has: page.getByRole('heading', { level: 2 }) })
  await expect(cards).toHaveCount(stack.datasets.length)
  await checkAccessibility()
  await connect(page)

  const dataset = stack.datasets[0]
  if (!dataset) throw new Error('the stack announced no dataset')
  await page.locator(`a[href="/datasets/${dataset.id}"]`).first().click()
  await expect(page.getByRole('heading', { name: 'What you may do with it' })).toBeVisible()

  // How it ends is said before anything is paid, even before a wallet signs anything.
  const ending = page.getByRole('region', { name: 'What happens to your payment' })
  await expect(ending.getByText('Your payment waits in escrow.')).toBeVisible()
  await expect(ending.getByText(/the arbiter decides within 30 days/)).toBeVisible()
  await expect(ending.getByText('The owner named it, and it accepted')).toBeVisible()

  // One key, once.
  const recovery = await createKey(page)
  await expect(page.getByLabel(PURPOSE)).toBeVisible()
  await checkAccessibility()

  // The wallet's owner declines: a sentence, nothing lost, and it can be tried again.
  await page.getByLabel(PURPOSE).check()
  await agreeToAll(page)
  await page.evaluate(() => void (window.testWallet.reject = 1))
  const before = await page.evaluate(() => window.testWallet.sent)
  const buy = page.getByRole('button', { name: /^Purchase for / })
  await buy.click()
  await expect(page.getByText('You declined the request in your wallet.')).toBeVisible()
  await expect(page.getByLabel(PURPOSE)).toBeChecked()
  await checkAccessibility()

  // One transaction.
  await buy.click()
  await expect(page).toHaveURL(/\/licenses\/\d+$/)
  expect(await page.evaluate(() => window.testWallet.sent)).toBe(before + 1)

  // The custodian delivers by itself; the page follows the chain.
  await expect(page.getByRole('heading', { name: 'Open the data' })).toBeVisible({
    timeout: 60_000,
  })
  await checkAccessibility()

  // A reload loses nothing but the unlocked key.
  await page.reload()
  await page.getByLabel('Passphrase of your key').fill('not the passphrase')
  await page.getByRole('button', { name: 'Unlock my key' }).click()
  await expect(
    page.getByRole('alert').getByText('The passphrase is wrong, or the key file is damaged.'),
  ).toBeVisible()
  await page.getByLabel('Passphrase of your key').fill(PASSPHRASE)
  await page.getByRole('button', { name: 'Unlock my key' }).click()

  // The file is private, and its owner's server away: a partner's can be asked, at an address alone.
  await page.route(`${stack.containersUrl}/**`, (route) => route.abort())
  await page.getByRole('button', { name: 'Decrypt and download' }).click()
  await expect(
    page.getByText(`The data owner’s server at ${stack.containersUrl} cannot be reached`),
  ).toBeVisible()
  await page.getByLabel('A partner of the owner').check()
  await page.getByLabel('Address of the partner’s server').fill('http://far.example')
  await page.getByRole('button', { name: 'Decrypt and download' }).click()
  await expect(page.getByText('This is no address of a server.')).toBeVisible()
  await checkAccessibility()
  await page.unroute(`${stack.containersUrl}/**`)
  await page.getByLabel('The data owner').check()

  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Decrypt and download' }).click()
  const path = await (await download).path()
  expect(
    readFileSync(path).equals(readFileSync(dataset.file)),
    'the file is what the hospital published',
  ).toBe(true)
  await expect(page.getByText('every byte matched the content root on chain')).toBeVisible()
  await checkAccessibility()

  await expect(page.getByText('Opening the file tells the chain nothing')).toBeVisible()
  await page.getByRole('button', { name: 'Confirm receipt' }).click()
  await expect(page.getByRole('heading', { name: 'What happens to your payment' })).toHaveCount(0)
  await expect(page.getByRole('main').getByText('The owner was paid')).toBeVisible()

  // The list knows it, the dataset page offers no second purchase, and the recovery file opens the
  // key in a new browser.
  await page.getByRole('link', { name: 'My licences' }).first().click()
  await expect(page.getByRole('heading', { level: 1, name: 'My licences' })).toBeVisible()
  await expect(page.getByText('The owner was paid')).toBeVisible()
  await checkAccessibility()
  await page.goto(`/datasets/${dataset.id}`)
  await expect(page.getByText('You have this licence.')).toBeVisible()

  await page.evaluate(() => indexedDB.deleteDatabase('biodesci'))
  await page.goto('/key')
  await expect(page.getByText('Your key is not in this browser.')).toBeVisible()
  await checkAccessibility()
  await page.getByLabel('Recovery file').setInputFiles(recovery)
  await page.getByLabel('Its passphrase').fill(PASSPHRASE)
  await page.getByRole('button', { name: 'Load key' }).click()
  await expect(page.getByText('Your key is registered and kept in this browser.')).toBeVisible()
})

test('gives a second account nothing', async ({ page, stack, addWallet }) => {
  await addWallet(await newAccount(stack))
  await page.goto('/licenses/1')
  await expect(page.getByText('Connect the wallet that bought this licence')).toBeVisible()
  await connect(page)
  await expect(page.getByText('This licence belongs to another account.')).toBeVisible()
  await expect(page.getByRole('button', { name: /Decrypt/ })).toHaveCount(0)
  await expect(page.getByRole('button', { name: 'Confirm receipt' })).toHaveCount(0)
  await page.goto('/licenses')
  await expect(page.getByText('No licences yet')).toBeVisible()
})

test('refuses a tampered file before any of it is saved', async ({ page, stack, addWallet }) => {
  const account = await newAccount(stack)
  await addWallet(account)
  const dataset = stack.datasets[1]
  if (!dataset) throw new Error('the stack announced too few datasets')
  await page.goto(`/datasets/${dataset.id}`)
  await connect(page)
  await createKey(page)
  await page.getByLabel(PURPOSE).check()
  await agreeToAll(page)
  await page.getByRole('button', { name: /^Purchase for / }).click()
  await expect(page.getByRole('button', { name: 'Decrypt and download' })).toBeVisible({
    timeout: 60_000,
  })

  // The gateway changes one byte in the middle of the encrypted file.
  await page.route(`${stack.gatewayUrl}/ipfs/**`, async (route) => {
    const response = await route.fetch()
    const body = await response.body()
    if (body.subarray(0, 4).toString() === 'BDSC')
      body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1
    await route.fulfill({ response, body })
  })
  await page.getByRole('button', { name: 'Decrypt and download' }).click()
  await expect(
    page.getByRole('alert').getByText('The encrypted file is not what was committed on chain.'),
  ).toBeVisible()
  await expect(page.getByText('was decrypted and saved')).toHaveCount(0)

  // Without a gateway the page says so; with it again the same button works.
  await page.unroute(`${stack.gatewayUrl}/ipfs/**`)
  await page.route(`${stack.gatewayUrl}/ipfs/**`, (route) => route.abort())
  await page.getByRole('button', { name: 'Decrypt and download' }).click()
  await expect(page.getByRole('alert').getByText('The IPFS gateway does not answer.')).toBeVisible()
  await page.unroute(`${stack.gatewayUrl}/ipfs/**`)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Decrypt and download' }).click()
  expect(readFileSync(await (await download).path()).equals(readFileSync(dataset.file))).toBe(true)

  // Who goes elsewhere stops the download: nothing is fetched or saved behind the reader's back.
  await page.route(`${stack.gatewayUrl}/ipfs/**`, () => undefined)
  const begun = page.waitForRequest((request) => request.url().startsWith(stack.gatewayUrl))
  await page.getByRole('button', { name: /^Decrypt and download/ }).click()
  const request = await begun
  const given = page.waitForEvent('requestfailed', (failed) => failed === request)
  await page.getByRole('link', { name: 'Models' }).click()
  expect((await given).failure()?.errorText).toContain('ERR_ABORTED')
  await page.unroute(`${stack.gatewayUrl}/ipfs/**`)
  await page.goBack()

  // Dispute: access stops until the arbiter decides.
  await page.getByRole('button', { name: 'Dispute' }).click()
  await page.getByRole('button', { name: 'Open the dispute' }).click()
  await expect(page.getByRole('button', { name: 'Decrypt and download' })).toHaveCount(0)
  await expect(page.getByText('The arbiter decides who gets the payment.')).toBeVisible()
})

test('says what is missing: ether, the right network, a permitted purpose', async ({
  page,
  world,
  stack,
  addWallet,
  checkAccessibility,
}) => {
  const account = await newBuyer(world)
  await addWallet({ ...account, startChainId: 1 })
  const id = stack.datasets[0]?.id
  await page.goto(`/datasets/${id}`)
  await connect(page)

  await expect(page.getByText('Your wallet is on another network.')).toBeVisible()
  await checkAccessibility()
  await page.evaluate(() => void (window.testWallet.reject = 1))
  await page.getByRole('button', { name: 'Switch network' }).click()
  await expect(page.getByText('You declined the request in your wallet.')).toBeVisible()
  await page.getByRole('button', { name: 'Switch network' }).click()
  await expect(page.getByText('Your wallet is on another network.')).toHaveCount(0)

  const buy = page.getByRole('button', { name: /^Purchase for / })
  await page.getByLabel(PURPOSE).check()
  await expect(page.getByText('Permitted by the terms')).toBeVisible()
  await expect(buy).toBeEnabled()
  await page.getByLabel('The use is commercial').check()
  await expect(page.getByText('The terms rule out commercial use.')).toBeVisible()
  await expect(buy).toBeDisabled()
  await page.getByLabel('The use is commercial').uncheck()

  await rpc(stack, 'anvil_setBalance', account.address, '0x1')
  await page.reload()
  await expect(page.getByText('Your account has too little ether.')).toBeVisible()
  await page.getByLabel(PURPOSE).check()
  await expect(buy).toBeDisabled()
})

async function agreeToAll(page: import('@playwright/test').Page): Promise<void> {
  const conditions = page
    .getByRole('group', { name: 'You agree to the conditions' })
    .getByRole('checkbox')
  for (const box of await conditions.all()) await box.check()
}
