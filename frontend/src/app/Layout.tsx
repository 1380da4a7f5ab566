import { Suspense, useEffect } from 'react'
import { NavLink, Outlet, useLocation } from 'react-router'

import { Loading } from '@/components/Page'

import { useDeployment } from './deployment'
import { ErrorBoundary } from './ErrorBoundary'
import { useHead } from './useChain'
import { NetworkNotice, WalletButton } from './WalletButton'

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
      <a href="#main" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:m-2 focus:rounded-lg focus:bg-surface focus:px-4 focus:py-2">
        Skip to the content
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-6xl flex-wrap items-center gap-x-8 gap-y-2 px-4 py-3 sm:px-6">
          <NavLink to="/" className="flex items-center gap-2.5 text-ink no-underline">
            <img src="/favicon.svg" alt="" className="size-8" />
            <span className="font-serif text-xl font-semibold">BioDeSci</span>
          </NavLink>
          <nav aria-label="Main" className="order-last -mx-3 flex w-[calc(100%+1.5rem)] overflow-x-auto md:order-none md:w-auto md:grow">
            {PLACES.map(([to, name]) => (
              <NavLink
                key={to}
                to={to}
                className={({ isActive }) =>
                  `rounded-lg px-3 py-2 whitespace-nowrap no-underline ${isActive ? 'bg-brand-soft font-semibold text-brand' : 'text-muted hover:text-ink'}`
                }
              >
                {name}
              </NavLink>
            ))}
          </nav>
          <div className="ml-auto">
            <WalletButton />
          </div>
        </div>
      </header>
      <main id="main" className="mx-auto w-full max-w-6xl grow px-4 py-8 sm:px-6 sm:py-10">
        <NetworkNotice />
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

/** A new page starts at its top. */
function FromTheTop() {
  useEffect(() => {
    window.scrollTo(0, 0)
  }, [])
  return null
}

function Footer() {
  const deployment = useDeployment()
  const head = useHead()
  return (
    <footer className="border-t border-line">
      <div className="mx-auto flex max-w-6xl flex-wrap justify-between gap-x-8 gap-y-1 px-4 py-5 text-sm text-muted sm:px-6">
        <p>Data are decrypted in your browser only. Payments wait in escrow until you confirm.</p>
        <p role="status">
          {head.data && !head.error ? `Network ${deployment.network} (${deployment.chainId}) · block ${head.data.number}` : head.error ? 'The chain’s node does not answer' : 'Reading the chain…'}
        </p>
      </div>
    </footer>
  )
}
