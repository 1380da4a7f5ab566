/**
 * Parts of the page in chunks of their own. One that cannot be fetched says so in its place, and all
 * else stays: while the API, which serves them, is away, it is fetched again by itself; where its
 * name is gone with a newer version, the page is to be loaded anew.
 */
import { lazy, useEffect, useState, type ComponentType, type LazyExoticComponent } from 'react'

import { isThere, unavailable } from '@/lib/api'

import { Button } from './Button'
import { FailureNotice, Notice } from './Notice'
import { Page } from './Page'

type Loads<P extends object> = () => Promise<{ default: ComponentType<P> }>

/** `gone`: the API answers, and the part is not there. */
type Otherwise = ComponentType<{ gone: boolean }>

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
    const [gone, setGone] = useState<boolean>()
    useEffect(() => {
      let stopped = false
      let timer: ReturnType<typeof setTimeout> | undefined
      const look = async () => {
        const answers = await isThere()
        const part = answers && !stopped ? await load().catch(() => undefined) : undefined
        if (stopped) return
        if (part) setPart(() => part.default)
        else setGone(answers)
        if (!answers) timer = setTimeout(() => void look(), PAUSE)
      }
      void look()
      return () => {
        stopped = true
        clearTimeout(timer)
      }
    }, [])
    if (Part) return <Part {...props} />
    return gone === undefined ? null : <Instead gone={gone} />
  }
}

function NotLoaded({ gone }: { gone: boolean }) {
  if (!gone) return <FailureNotice error={unavailable()} />
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

function PageNotLoaded({ gone }: { gone: boolean }) {
  return (
    <Page title="This page could not be loaded">
      <NotLoaded gone={gone} />
    </Page>
  )
}
