/** What every browser test needs: the running stack, a funded account, and a wallet in the page. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { AxeBuilder } from '@axe-core/playwright'
import { test as base, expect, type Page } from '@playwright/test'
import type { Hex, PrivateKeyAccount } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

import type { WalletControls, WalletOptions } from './wallet/wallet'
import { enter, type World } from './world'

export interface Stack {
  apiUrl: string
  rpcUrl: string
  gatewayUrl: string
  /** The first dataset's own server. */
  containersUrl: string
  chainId: number
  testAccount: { address: Hex; privateKey: Hex }
  datasets: { id: number; offerId: number; file: string }[]
}

declare global {
  interface Window {
    TestWallet: { install: (options: WalletOptions) => WalletControls }
    testWallet: WalletControls
  }
}

interface Fixtures {
  stack: Stack
  world: World
  /** Somebody with ether, who publishes. */
  owner: PrivateKeyAccount
  /** Puts a wallet with this key into the page (or another one), before it loads. */
  addWallet: (options: { privateKey: Hex; startChainId?: number }, into?: Page) => Promise<void>
  /** Fails on any violation of WCAG 2.2 AA that axe finds, on the test's page or another one. */
  checkAccessibility: (on?: Page) => Promise<void>
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern
  stack: async ({}, use) => {
    await use(JSON.parse(readFileSync(process.env['E2E_STACK'] ?? '', 'utf8')) as Stack)
  },
  world: async ({ stack }, use) => use(await enter(stack)),
  owner: async ({ stack }, use) => use(privateKeyToAccount((await newAccount(stack)).privateKey)),
  baseURL: async ({ stack }, use) => use(stack.apiUrl),
  page: async ({ page, stack }, use) => {
    const strangers: string[] = []
    const local = new Set(
      [stack.apiUrl, stack.rpcUrl, stack.gatewayUrl, stack.containersUrl].map(
        (url) => new URL(url).host,
      ),
    )
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (url.protocol.startsWith('http') && !local.has(url.host)) strangers.push(request.url())
    })
    await use(page)
    expect(strangers, 'requests that left the machine').toEqual([])
  },
  addWallet: async ({ page, stack }, use) => {
    await use(async ({ privateKey, startChainId }, into = page) => {
      const options: WalletOptions = {
        privateKey,
        rpcUrl: stack.rpcUrl,
        chainId: stack.chainId,
        ...(startChainId ? { startChainId } : {}),
      }
      const script = readFileSync(process.env['E2E_WALLET'] ?? '', 'utf8')
      await into.addInitScript(
        `${script};window.testWallet = TestWallet.install(${JSON.stringify(options)})`,
      )
    })
  },
  checkAccessibility: async ({ page }, use, info) => {
    let shot = 0
    await use(async (on = page) => {
      // For looking at the pages: E2E_SHOTS=folder.
      if (process.env['E2E_SHOTS'])
        await on.screenshot({
          path: join(process.env['E2E_SHOTS'], `${info.title.slice(0, 12)} ${(shot += 1)}.png`),
          fullPage: true,
        })
      const { violations } = await new AxeBuilder({ page: on })
        .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        .analyze()
      expect(
        violations.map(({ id, help, nodes }) => ({
          id,
          help,
          nodes: nodes.map((node) => node.html.slice(0, 200)),
        })),
      ).toEqual([])
    })
  },
})

export { expect }

export async function rpc(stack: Stack, method: string, ...params: unknown[]): Promise<unknown> {
  const response = await fetch(stack.rpcUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  })
  const answer = (await response.json()) as { result?: unknown; error?: { message: string } }
  if (answer.error) throw new Error(answer.error.message)
  return answer.result
}

/** A new account with some ether (or none). */
export async function newAccount(
  stack: Stack,
  wei = 10n ** 19n,
): Promise<{ address: Hex; privateKey: Hex }> {
  const privateKey = generatePrivateKey()
  const { address } = privateKeyToAccount(privateKey)
  await rpc(stack, 'anvil_setBalance', address, `0x${wei.toString(16)}`)
  return { address, privateKey }
}

/** The page of somebody else: a browser of its own. Whoever opens it closes its context. */
export async function otherPage(page: Page, { apiUrl }: Stack): Promise<Page> {
  const context = await page.context().browser()?.newContext({ baseURL: apiUrl })
  if (!context) throw new Error('the test has no browser')
  return context.newPage()
}

export async function connect(page: Page): Promise<void> {
  await page.getByRole('banner').getByRole('button', { name: 'Connect wallet' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Test wallet' }).click()
  await expect(page.getByRole('button', { name: /^Account 0x/ })).toBeVisible()
}

/** Waits until the index knows the dataset, then shows it with the wallet connected. */
export async function show(page: Page, id: bigint): Promise<void> {
  await expect
    .poll(async () => (await page.request.get(`/v1/datasets/${id}`)).status(), { timeout: 60_000 })
    .toBe(200)
  await page.goto(`/datasets/${id}`)
  await connect(page)
}

export const PASSPHRASE = 'seven quiet herons at dawn'

/** Makes and registers the account's key, on a page that shows the key panel. */
export async function createKey(page: Page): Promise<string> {
  await page.getByLabel('Passphrase', { exact: true }).fill(PASSPHRASE)
  await page.getByLabel('Passphrase again').fill(PASSPHRASE)
  const saved = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Create key and save recovery file' }).click()
  const recovery = await (await saved).path()
  await page.getByRole('button', { name: 'Register my key' }).click()
  return recovery
}
