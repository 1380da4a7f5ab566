/**
 * Parts of the page in chunks of their own. One that cannot be fetched says so in its place, and all
 * else stays: while the API, which serves them, is away, it is fetched again by itself; where its
 * name is gone with a newer version, the page is to be loaded anew.
 */
import { lazy, useEffect, useState, type ComponentType, type LazyExoticComponent } from 'react'

import { get } from '@/lib/api'

import { Button } from './Button'
import { FailureNotice, Notice } from './Notice'
import { Page } from './Page'

type Loads<P extends object> = () => Promise<{ default: ComponentType<P> }>

/** `error`: of the API, which does not answer; null: it does, and the part is not there. */
interface Reason {
  error: unknown
}
type Otherwise = ComponentType<Reason>

/** Between two looks for an API that is away, in milliseconds. */
const PAUSE = 4_000

export function late<P extends object>(
  load: Loads<P>,
  otherwise: Otherwise = NotLoaded,
): LazyExoticComponent<ComponentType<P>> {
  return lazy(() => load().catch(() => ({ default: waiting(load, otherwise) })))
}

export function latePage<P extends object>(load: Loads<P>): LazyExoticComponent<ComponentType<P>> {
  return late(load, PageNotLoaded)
}

function waiting<P extends object>(load: Loads<P>, Instead: Otherwise): ComponentType<P> {
  return function Waiting(props: P) {
    const [Part, setPart] = useState<ComponentType<P>>()
    const [reason, setReason] = useState<Reason>()
    useEffect(() => {
      let timer: ReturnType<typeof setTimeout> | undefined
      const stop = new AbortController()
      const look = async () => {
        try {
          await get('/v1/config', {}, stop.signal)
        } catch (error) {
          if (stop.signal.aborted) return
          setReason({ error })
          timer = setTimeout(() => void look(), PAUSE)
          return
        }
        await load().then(
          (part) => setPart(() => part.default),
          () => setReason({ error: null }),
        )
      }
      void look()
      return () => {
        stop.abort()
        clearTimeout(timer)
      }
    }, [])
    return Part ? <Part {...props} /> : reason && <Instead {...reason} />
  }
}

function NotLoaded({ error }: Reason) {
  if (error) return <FailureNotice error={error} />
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

function PageNotLoaded(reason: Reason) {
  return (
    <Page title="This page could not be loaded">
      <NotLoaded {...reason} />
    </Page>
  )
}
