/**
 * A dataset limited to diseases: what the page proves of a disease before it asks for money, and
 * what a person has to decide. After the specs that count datasets.
 */
import type { Page } from '@playwright/test'

import { LicenseLens } from '../../frontend/src/generated/abi'
import { actAs, newBuyer, publishForDisease } from './actors'
import { connect, expect, test } from './fixtures'

const DS_USE = 'Research on the disease this dataset is about'
/** Coronary artery disorder, and one that descends from it; diabetes does not. */
const NAMED = 'MONDO:0005010'
const DESCENDANT = 'MONDO:0005355'
const STRANGER = 'MONDO:0005148'
const IN_REVIEW = 1
const PURCHASED = 2

/** Waits until the index has read the dataset's card. */
async function cardRead(page: Page, id: bigint): Promise<void> {
  await expect
    .poll(
      async () =>
        ((await (await page.request.get(`/v1/datasets/${id}`)).json()) as { card?: unknown })
          .card ?? null,
      { timeout: 60_000 },
    )
    .not.toBeNull()
}

test('proves a disease from the card’s list, and leaves another to a person', async ({
  page,
  world,
  addWallet,
  checkAccessibility,
}) => {
  const { id, owner } = await publishForDisease(world, NAMED, '0.5')
  const buyer = await newBuyer(world)
  await addWallet(buyer)
  await cardRead(page, id)
  await page.goto(`/datasets/${id}`)
  await connect(page)
  const license = async () => {
    await expect(page).toHaveURL(/\/licenses\/\d+$/)
    const number = BigInt(page.url().split('/').at(-1) ?? '')
    return {
      number,
      ...(await world.read.readContract({
        address: world.contracts.LicenseLens,
        abi: LicenseLens,
        functionName: 'licenseOf',
        args: [number],
      })),
    }
  }

  await expect(
    page.getByText(
      /The owner permits research on coronary artery disorder \(MONDO:0005010\).*26 diseases, a list that matches the root on chain/,
    ),
  ).toBeVisible()
  const disease = page.getByLabel('Disease (MONDO id)')
  const buy = page.getByRole('button', { name: 'Purchase for 0.5 ETH' })
  await page.getByLabel(DS_USE).check()

  // Nonsense cannot be sent; a disease that is not on the list is said to be none of them, and goes
  // to a person.
  await disease.fill('heart attack')
  await expect(page.getByText('A MONDO id has seven digits, as MONDO:0005068.')).toBeVisible()
  await expect(buy).toBeDisabled()
  await disease.fill(STRANGER)
  await expect(
    page.getByText(`${STRANGER} is not among the 26 diseases that the owner permits.`),
  ).toBeVisible()
  await expect(page.getByText('Needs a person’s decision')).toBeVisible()
  await expect(buy).toBeDisabled()
  await page.getByLabel('I buy it all the same, and wait for the committee').check()
  await checkAccessibility()
  await buy.click()
  const asked = await license()
  expect(asked.state).toBe(IN_REVIEW)
  await expect(page.getByText('A data access committee reads your purpose.')).toBeVisible()
  await expect(page.getByRole('main').getByText(STRANGER)).toBeVisible()

  // The owner says no: the payment comes back, and the page collects it.
  await actAs(world, owner, 'reject', [asked.number, `0x${'00'.repeat(31)}01`])
  await expect(page.getByText('Said no; refunded')).toBeVisible()
  await page.getByRole('button', { name: 'Collect 0.5 ETH from licences' }).click()
  await expect(page.getByRole('button', { name: /^Collect / })).toHaveCount(0)

  // One that descends from what the owner named is proved by the page itself.
  await page.goto(`/datasets/${id}`)
  await page.getByLabel(DS_USE).check()
  await disease.fill(DESCENDANT)
  await expect(page.getByText(`${DESCENDANT} is permitted.`)).toBeVisible()
  await expect(page.getByText('Permitted by the terms')).toBeVisible()
  await checkAccessibility()
  await buy.click()
  expect((await license()).state).toBe(PURCHASED)
  await expect(page.getByRole('main').getByText(DESCENDANT)).toBeVisible()
})

test('believes no list that the chain does not know', async ({ page, world, addWallet }) => {
  const { id } = await publishForDisease(world, DESCENDANT, '0.25')
  await addWallet(await newBuyer(world))
  await cardRead(page, id)
  // An API, or a card, that adds a disease to the list.
  await page.route(`**/v1/datasets/${id}`, async (route) => {
    const response = await route.fetch()
    const answer = (await response.json()) as {
      card: { 'biodesci:diseases': { permitted: string[] } }
    }
    answer.card['biodesci:diseases'].permitted.push(STRANGER)
    await route.fulfill({ response, json: answer })
  })
  await page.goto(`/datasets/${id}`)
  await connect(page)
  await page.getByLabel(DS_USE).check()
  await page.getByLabel('Disease (MONDO id)').fill(STRANGER)
  await expect(page.getByText('The card has no list that matches the one on chain.')).toBeVisible()
  await expect(page.getByText('Needs a person’s decision')).toBeVisible()
  // The owner's own file of proof still can be shown; one that leads elsewhere is not sent.
  await page.getByLabel('Proof that it is permitted (optional)').setInputFiles({
    name: 'proof.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify({ disease: STRANGER, proof: [`0x${'11'.repeat(32)}`] })),
  })
  await expect(
    page.getByText(`Your proof does not lead from ${STRANGER} to the diseases on chain.`),
  ).toBeVisible()
})
