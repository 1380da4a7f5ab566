import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { App } from '@/app/App'
import '@/app/index.css'
import { forgetDecrypted } from '@/lib/target'

void forgetDecrypted()

const root = document.querySelector('#root')
if (!root) throw new Error('the page has no root element')
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
