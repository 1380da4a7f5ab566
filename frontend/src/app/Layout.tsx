import { lazy, Suspense, useEffect, type ReactNode } from 'react'
import { Link, Outlet, useLocation } from 'react-router'

import { Button } from '@/components/Button'
import { ErrorBoundary } from '@/components/ErrorBoundary'
import { Loading } from '@/components/Page'

/**
 * What the frame shows where the chunk with the wallet could not be fetched: reading goes on, and
 * says how to get it.
 */
const frame = (): Promise<Record<'Account' | 'Network' | 'Head', () => ReactNode>> =>
  import('./Frame').catch(() => ({
    Account: Reload,
    Network: () => null,
    Head: () => 'A part of the page could not be loaded',
  }))

const Account = lazy(async () => ({ default: (await frame()).Account }))
const Network = lazy(async () => ({ default: (await frame()).Network }))
const Head = lazy(async () => ({ default: (await frame()).Head }))

function Reload() {
  return (
    <Button look="secondary" onClick={() => window.location.reload()}>
      Reload to use a wallet
    </Button>
  )
}

const PLACES = [
  ['/', 'Datasets'],
  ['/licenses', 'My licences'],
  ['/models', 'Models'],
  ['/inferences', 'Inferences'],
  ['/audit', 'Audit'],
] as const

export function Layout() {
  const { pathname } = useLocation()
  return (
    <div className="flex min-h-screen flex-col">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-surface focus:px-4 focus:py-2"
      >
        Skip to the content
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-8 gap-y-2 px-4 py-3 sm:px-6">
          <Link to="/" className="flex items-center gap-2.5 text-ink no-underline">
            <img src="/favicon.svg" alt="" className="size-8" />
            <span className="font-serif text-xl font-semibold">BioDeSci</span>
          </Link>
          <nav
            aria-label="Main"
            className="order-last -mx-1.5 flex w-[calc(100%+0.75rem)] flex-wrap sm:-mx-3 sm:w-[calc(100%+1.5rem)] md:order-none md:w-auto md:grow"
          >
            {PLACES.map(([to, name]) => (
              <Place key={to} to={to} active={isWithin(pathname, to)}>
                {name}
              </Place>
            ))}
          </nav>
          <div className="ml-auto">
            <Suspense fallback={<Button busy>Connect wallet</Button>}>
              <Account />
            </Suspense>
          </div>
        </div>
      </header>
      <main id="main" className="mx-auto w-full max-w-6xl grow px-4 py-8 sm:px-6 sm:py-10">
        <Suspense>
          <Network />
        </Suspense>
        <ErrorBoundary key={pathname}>
          <FromTheTop />
          <Suspense fallback={<Loading what="the page" />}>
            <Outlet />
          </Suspense>
        </ErrorBoundary>
      </main>
      <Footer />
    </div>
  )
}

/** The start page is the list of datasets, so a dataset's own page belongs to it. */
function isWithin(pathname: string, place: string): boolean {
  if (place === '/') return pathname === '/' || pathname.startsWith('/datasets/')
  return pathname === place || pathname.startsWith(`${place}/`)
}

interface PlaceProps {
  to: string
  active: boolean
  children: ReactNode
}

function Place({ to, active, children }: PlaceProps) {
  const look = active ? 'bg-brand-soft font-semibold text-brand' : 'text-muted hover:text-ink'
  return (
    <Link
      to={to}
      aria-current={active ? 'page' : undefined}
      className={`rounded-lg px-1.5 py-1.5 text-sm whitespace-nowrap no-underline sm:px-3 sm:text-base md:py-2 ${look}`}
    >
      {children}
    </Link>
  )
}

/** A new page starts at its top. */
function FromTheTop() {
  useEffect(() => {
    window.scrollTo(0, 0)
  }, [])
  return null
}

function Footer() {
  return (
    <footer className="border-t border-line">
      <div className="mx-auto flex max-w-6xl flex-wrap justify-between gap-x-8 gap-y-1 px-4 py-5 text-sm text-muted sm:px-6">
        <p>Data are decrypted in your browser only. Payments wait in escrow.</p>
        <p role="status">
          <Suspense fallback="Reading the chain…">
            <Head />
          </Suspense>
        </p>
      </div>
    </footer>
  )
}
