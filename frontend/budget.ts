/**
 * Fails the build when what a reader must fetch before the page shows anything, or can be used with
 * a wallet, grows over its budget.
 */
import { gzipSync } from 'node:zlib'

import type { Plugin, Rolldown } from 'vite'

/** In bytes of gzip. Both were over 230,000 in one piece before they were taken apart. */
const BUDGETS = [
  { what: 'the entry, before anything is shown', of: ['src/main.tsx'], limit: 105_000 },
  {
    what: 'the first view',
    of: ['src/main.tsx', 'src/features/datasets/DatasetsPage.tsx'],
    limit: 115_000,
  },
  {
    what: 'the first view with the wallet',
    of: ['src/main.tsx', 'src/features/datasets/DatasetsPage.tsx', 'src/app/Frame.tsx'],
    limit: 200_000,
  },
] as const

export function budget(): Plugin {
  return {
    name: 'biodesci:budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter(
        (one): one is Rolldown.OutputChunk => one.type === 'chunk',
      )
      const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
      const weigh = (sources: readonly string[]): number => {
        const needed = new Set<string>()
        const waiting = sources.map((source) => {
          const chunk = chunks.find(({ moduleIds }) =>
            moduleIds.some((id) => id.endsWith(`/${source}`)),
          )
          if (!chunk) this.error(`The budget names ${source}, which is in no chunk.`)
          return chunk.fileName
        })
        for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
          if (needed.has(name)) continue
          needed.add(name)
          waiting.push(...(byName.get(name)?.imports ?? []))
        }
        return [...needed].reduce(
          (sum, name) => sum + gzipSync(byName.get(name)?.code ?? '', { level: 9 }).length,
          0,
        )
      }
      for (const { what, of, limit } of BUDGETS) {
        const size = weigh(of)
        const said = `${what}: ${(size / 1000).toFixed(1)} kB gzip of ${limit / 1000} kB`
        if (size > limit)
          this.error(
            `Over budget: ${said}. Load what it does not need later (import()), or find what grew: BUDGET=1 vite build.`,
          )
        if (process.env['BUDGET']) this.info(said)
      }
    },
  }
}
