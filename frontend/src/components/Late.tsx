/**
 * Parts of the page in chunks of their own. One that cannot be fetched (its name is gone with a
 * newer version) says so in its place; all else stays.
 */
import { lazy, type ComponentType, type LazyExoticComponent, type ReactNode } from 'react'

import { Button } from './Button'
import { Notice } from './Notice'
import { Page } from './Page'

type Loads<P extends object> = () => Promise<{ default: ComponentType<P> }>

export function late<P extends object>(
  load: Loads<P>,
  otherwise: () => ReactNode = NotLoaded,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(() => load().catch(() => ({ default: otherwise })))
}

export function latePage<P extends object>(load: Loads<P>): LazyExoticComponent<ComponentType<P>> {
  return late(load, PageNotLoaded)
}

function NotLoaded() {
  return (
    <Notice
      tone="warn"
      title="This part of the page could not be loaded."
      action={
        <Button look="secondary" onClick={() => window.location.reload()}>
          Reload
        </Button>
      }
    >
      A newer version may have taken its place, or the connection failed. Licences and payments are
      on chain and are not affected.
    </Notice>
  )
}

function PageNotLoaded() {
  return (
    <Page title="This page could not be loaded">
      <NotLoaded />
    </Page>
  )
}
