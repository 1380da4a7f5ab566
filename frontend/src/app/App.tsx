import { lazy } from 'react'
import { createBrowserRouter, isRouteErrorResponse, Link, RouterProvider, useRouteError } from 'react-router'

import { FailureNotice } from '@/components/Notice'
import { Page } from '@/components/Page'
import { Failure } from '@/lib/failure'

import { Layout } from './Layout'
import { Providers } from './providers'

const DatasetsPage = lazy(() => import('@/features/datasets/DatasetsPage'))
const DatasetPage = lazy(() => import('@/features/datasets/DatasetPage'))
const LicensesPage = lazy(() => import('@/features/licenses/LicensesPage'))
const LicensePage = lazy(() => import('@/features/licenses/LicensePage'))
const KeyPage = lazy(() => import('@/features/licenses/KeyPage'))
const ModelsPage = lazy(() => import('@/features/models/ModelsPage'))
const ModelPage = lazy(() => import('@/features/models/ModelPage'))
const InferencesPage = lazy(() => import('@/features/inference/InferencesPage'))
const InferencePage = lazy(() => import('@/features/inference/InferencePage'))
const AuditPage = lazy(() => import('@/features/audit/AuditPage'))

const router = createBrowserRouter([
  {
    element: <Layout />,
    children: [
      {
        errorElement: <Broken />,
        children: [
          { index: true, element: <DatasetsPage /> },
          { path: 'datasets/:id', element: <DatasetPage /> },
          { path: 'licenses', element: <LicensesPage /> },
          { path: 'licenses/:id', element: <LicensePage /> },
          { path: 'key', element: <KeyPage /> },
          { path: 'models', element: <ModelsPage /> },
          { path: 'models/:id', element: <ModelPage /> },
          { path: 'inferences', element: <InferencesPage /> },
          { path: 'inferences/:id', element: <InferencePage /> },
          { path: 'audit', element: <AuditPage /> },
          { path: '*', element: <NotFound /> },
        ],
      },
    ],
  },
])

export function App() {
  return (
    <Providers>
      <RouterProvider router={router} />
    </Providers>
  )
}

function NotFound() {
  return (
    <Page title="There is no such page">
      <p>
        The address may be mistyped. <Link to="/">See all datasets.</Link>
      </p>
    </Page>
  )
}

function Broken() {
  const error = useRouteError()
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFound />
  return (
    <Page title="This page broke">
      <FailureNotice error={new Failure('bug', 'The page met something it did not expect.', 'Reload it. Licences and payments are on chain and are not affected.', { cause: error })} />
    </Page>
  )
}
