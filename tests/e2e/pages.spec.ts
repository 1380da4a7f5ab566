/**
 * Reading pages: models, inferences, audit; no wallet, no API, no chain; narrow screens; keyboard.
 */
import { expect, test } from './fixtures'

test('says how to go on without a wallet', async ({ page, checkAccessibility }) => {
  await page.goto('/licenses')
  await expect(page.getByText('Connect a wallet to see your licences')).toBeVisible()
  await checkAccessibility()
  await page.getByRole('main').getByRole('button', { name: 'Connect wallet' }).click()
  await expect(page.getByText('No wallet was found in this browser.')).toBeVisible()
  await checkAccessibility()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByRole('main').getByRole('button', { name: 'Connect wallet' })).toBeFocused()
})

test('says that the API is away, and goes on when it is back', async ({
  page,
  checkAccessibility,
}) => {
  await page.route('**/v1/**', (route) => route.abort())
  await page.goto('/')
  await expect(page.getByRole('alert').getByText('The API does not answer.')).toBeVisible()
  await checkAccessibility()
  await page.unroute('**/v1/**')
  await page.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Datasets' })).toBeVisible()

  // Later failures leave what is on screen in place.
  await expect(page.getByRole('main').getByRole('heading', { level: 2 }).first()).toBeVisible()
  await page.route('**/v1/**', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      body: JSON.stringify({ detail: 'The index is being rebuilt.', hint: 'Wait a minute.' }),
    }),
  )
  await expect(page.getByRole('alert').getByText('The index is being rebuilt.')).toBeVisible()
  await expect(page.getByRole('main').getByRole('heading', { level: 2 }).first()).toBeVisible()
})

test('says that the chain’s node is away', async ({ page, stack }) => {
  await page.route(`${stack.rpcUrl}/**`, (route) => route.abort())
  await page.goto('/')
  await expect(page.getByText('The chain’s node does not answer')).toBeVisible()
})

test('answers unknown addresses', async ({ page, checkAccessibility }) => {
  await page.goto('/datasets/999999')
  await expect(page.getByRole('alert')).toContainText('999999')
  await page.goto('/nowhere')
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
  await checkAccessibility()
})

test('keeps the page where a part of it cannot be fetched, as after a newer version was put up', async ({
  page,
  stack,
  checkAccessibility,
}) => {
  await page.route('**/assets/Trade-*.js', (route) => route.abort())
  await page.route('**/assets/AuditPage-*.js', (route) => route.abort())
  await page.goto(`/datasets/${stack.datasets[0]?.id}`)
  await expect(page.getByText('This part of the page could not be loaded.')).toHaveCount(1)
  await expect(page.getByRole('heading', { name: 'File and hashes' })).toBeVisible()
  await checkAccessibility()
  await page.getByRole('link', { name: 'Audit', exact: true }).click()
  await expect(
    page.getByRole('heading', { level: 1, name: 'This page could not be loaded' }),
  ).toBeVisible()
  await checkAccessibility()
  await page.unrouteAll()
  await page.getByRole('button', { name: 'Reload' }).click()
  await expect(
    page.getByRole('heading', { level: 1, name: 'This page could not be loaded' }),
  ).toHaveCount(0)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
})

test('links to the block explorer of a known network, and has plain text on a local chain', async ({
  page,
  stack,
  checkAccessibility,
}) => {
  const dataset = stack.datasets[0]?.id
  await page.goto(`/datasets/${dataset}`)
  await expect(page.getByRole('heading', { name: 'File and hashes' })).toBeVisible()
  await expect(page.locator('a[href^="http"]')).toHaveCount(0)

  // The same deployment, said to be on Sepolia. Nothing is fetched from the explorer: it is a link.
  await page.route('**/v1/config', async (route) => {
    const response = await route.fetch()
    await route.fulfill({
      response,
      json: { ...((await response.json()) as object), network: 'sepolia', chainId: 11_155_111 },
    })
  })
  await page.reload()
  const { contracts } = (await (await page.request.get('/v1/config')).json()) as {
    contracts: Record<string, string>
  }
  const address = page.getByRole('link', { name: 'DatasetNFT on the block explorer' }).first()
  await expect(address).toHaveAttribute(
    'href',
    `https://sepolia.etherscan.io/address/${contracts['DatasetNFT']}`,
  )
  const transaction = page
    .getByRole('link', { name: /^transaction hash 0x\w+…\w+ on the block explorer$/ })
    .first()
  await expect(transaction).toHaveAttribute(
    'href',
    /^https:\/\/sepolia\.etherscan\.io\/tx\/0x[0-9a-f]{64}$/,
  )
  for (const link of await page.locator('a[href^="https://"]').all()) {
    await expect(link).toHaveAttribute('rel', /noopener/)
    await expect(link).toHaveAttribute('target', '_blank')
  }
  await checkAccessibility()
  await page.goto('/audit')
  await expect(page.getByRole('link', { name: /^address of AccessLicense 0x/ })).toBeVisible()
  await checkAccessibility()
})

test('has a page of the API, which comes from this machine and runs under its policy', async ({
  page,
}) => {
  const refused: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') refused.push(message.text())
  })
  await page.goto('/docs')
  await expect(page.getByRole('heading', { name: /BioDeSci/ })).toBeVisible()
  await page
    .getByRole('button', { name: /activity/ })
    .first()
    .click()
  await page.getByRole('button', { name: 'Try it out' }).click()
  await page.getByRole('button', { name: 'Execute' }).click()
  await expect(page.locator('.live-responses-table').getByText('"nextCursor"')).toBeVisible()
  expect(refused).toEqual([])
})

test('can be used with the keyboard and on a narrow screen', async ({ page, stack }) => {
  await page.setViewportSize({ width: 360, height: 740 })
  const id = stack.datasets[0]?.id
  await page.goto(`/datasets/${id}`)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  expect(
    await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    ),
  ).toBe(0)
  const skip = page.getByRole('link', { name: 'Skip to the content' })
  // A key that comes before the window has the focus goes nowhere: it is pressed again while nothing is
  // focused, and only then.
  await expect(async () => {
    if (await page.evaluate(() => document.activeElement === document.body))
      await page.keyboard.press('Tab')
    await expect(skip).toBeFocused({ timeout: 1_000 })
  }).toPass()
})

test('shows models with lineage and rounds, inferences with audits, and the timeline', async ({
  page,
  checkAccessibility,
}) => {
  test.setTimeout(420_000)
  // The stack plays its story (training, inference, audit) beside the other tests.
  await expect
    .poll(
      async () => {
        const answer = await page.request.get('/v1/inferences')
        const { items } = (await answer.json()) as { items: { id: number }[] }
        if (items.length === 0) return 0
        const details = await Promise.all(
          items.map(
            async ({ id }) =>
              (await (await page.request.get(`/v1/inferences/${id}`)).json()) as {
                attestations: unknown[]
              },
          ),
        )
        return details.reduce((n, one) => n + one.attestations.length, 0)
      },
      { timeout: 360_000, intervals: [2_000] },
    )
    .toBeGreaterThan(0)

  await page.goto('/models')
  await page.getByRole('main').getByRole('heading', { level: 2 }).first().getByRole('link').click()
  await expect(page.getByText(/4 of 4 sites returned/).first()).toBeVisible()
  await expect(page.getByText(/Made by round \d+/).first()).toBeVisible()
  await page.getByText('History of round 1', { exact: true }).click()
  const closing = page.getByRole('listitem').filter({ hasText: 'Set of updates fixed' })
  await expect(closing.last()).toContainText(/by0x\S+\(aggregator\)site0x/)
  await checkAccessibility()

  await page.getByRole('link', { name: 'Inferences' }).first().click()
  const first = page.getByRole('link', { name: /^Inference \d+$/ }).first()
  await expect(first).toBeVisible()
  await checkAccessibility()
  await first.click()
  await expect(page.getByRole('heading', { name: 'Audits' })).toBeVisible()
  await expect(page.getByText('By an auditor whom the requester named.').first()).toBeVisible()
  await checkAccessibility()

  await page.getByRole('link', { name: 'Audit', exact: true }).click()
  await expect(page.getByText('Auditor’s verdict recorded').first()).toBeVisible()
  // Kind by kind, as what other tests do meanwhile moves entries to older pages.
  for (const kind of ['Datasets', 'Models', 'Inferences'])
    await page.getByRole('button', { name: kind }).click()
  await expect(page.getByRole('link', { name: /^Licence \d+ of [A-Z]/ }).first()).toBeVisible()
  await page.getByRole('button', { name: 'Licences' }).click()
  await expect(page.getByRole('link', { name: /^Licence \d+/ })).toHaveCount(0)
  await page.getByRole('button', { name: 'Models' }).click()
  await expect(page.getByText('Updates aggregated, round closed').first()).toBeVisible()
  await checkAccessibility()
})
