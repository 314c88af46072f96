// The explorer: GraphiQL, with a pane for who is asking and for examples that run at once.

import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import {
  ToolbarButton,
  pick,
  useGraphiQL,
  useGraphiQLActions,
  type GraphiQLPlugin,
} from '@graphiql/react';
import { useState, useSyncExternalStore, type JSX } from 'react';
import { createRoot } from 'react-dom/client';
import type {} from 'monaco-editor';
import { EXAMPLES, type Example } from './examples';
import { fetcher, send } from './fetcher';
import { lookup } from './lookup';
import { currentToken, describeToken, onTokenChange, setToken } from './token';

/** The editor checks documents in workers; the page says where they are. */
window.MonacoEnvironment = {
  getWorker(_id: string, label: string) {
    const link = (title: string) =>
      document.querySelector<HTMLLinkElement>(`link[rel=worker][title=${title}]`);
    const { href } = (label === 'editorWorkerService' ? null : link(label)) ?? link('editor')!;
    return new Worker(href, { type: 'module', name: label });
  },
};

const useToken = (): string => useSyncExternalStore(onTokenChange, currentToken);

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function becomeGuest(): Promise<void> {
  const { data, errors } = await send({ query: 'mutation { startGuestSession { token } }' });
  if (!data) throw new Error(errors?.[0]?.message ?? 'the server gave no token');
  setToken(data.startGuestSession.token);
}

function Start(): JSX.Element {
  const token = useToken();
  const [problem, setProblem] = useState('');
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor, responseEditor } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'responseEditor'),
  );
  // They are made one after another, once the page is there.
  const isReady = Boolean(queryEditor && variableEditor && responseEditor);

  const attempt = (action: () => Promise<void>) => () => {
    setProblem('');
    action().catch((error: unknown) => setProblem(said(error)));
  };

  const open = async ({ document, variables }: Example) => {
    const values = await variables?.(lookup);
    if (queryEditor?.getValue().trim()) addTab();
    queryEditor?.setValue(document);
    variableEditor?.setValue(values ? JSON.stringify(values, null, 2) : '');
    queryEditor?.focus();
  };

  return (
    <section className="start" aria-label="Start here">
      <h2>Who is asking</h2>
      <p role="status">{describeToken(token)}</p>
      <div className="start-row">
        <button type="button" className="graphiql-button" onClick={attempt(becomeGuest)}>
          Become a guest
        </button>
        <button
          type="button"
          className="graphiql-button"
          disabled={!token}
          onClick={() => setToken('')}
        >
          Forget
        </button>
      </div>
      <label>
        Token
        <input
          value={token}
          onChange={(event) => setToken(event.target.value)}
          placeholder="paste one here"
          spellCheck={false}
          autoComplete="off"
        />
      </label>
      <p className="start-problem" role="alert">
        {problem}
      </p>
      <h2>Examples</h2>
      <Examples
        isReady={isReady}
        hasToken={token !== ''}
        start={(example) => attempt(() => open(example))()}
      />
    </section>
  );
}

interface ExamplesProps {
  isReady: boolean;
  hasToken: boolean;
  start(example: Example): void;
}

function Examples({ isReady, hasToken, start }: ExamplesProps): JSX.Element {
  return (
    <>
      {EXAMPLES.map(({ title, examples }) => (
        <div key={title}>
          <h3>{title}</h3>
          <ul>
            {examples.map((example) => (
              <li key={example.name}>
                <button
                  type="button"
                  className="start-example"
                  disabled={!isReady}
                  onClick={() => start(example)}
                >
                  {example.name}
                </button>
                {example.needsToken && !hasToken && <span> needs a token</span>}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </>
  );
}

function StartIcon(): JSX.Element {
  return (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M2 5a6 6 0 0 0 12 0M5 4h6" />
    </svg>
  );
}

function GuestButton(): JSX.Element {
  const [problem, setProblem] = useState('');
  const become = () =>
    becomeGuest().then(
      () => setProblem(''),
      (error: unknown) => setProblem(said(error)),
    );
  return (
    <ToolbarButton label={problem || 'Become a guest'} onClick={become}>
      <svg
        className="graphiql-toolbar-icon"
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
      >
        <circle cx="8" cy="5" r="3" />
        <path d="M2.5 14.5a5.5 5.5 0 0 1 11 0" />
      </svg>
    </ToolbarButton>
  );
}

const START: GraphiQLPlugin = { title: 'Start here', icon: StartIcon, content: Start };
const PLUGINS = [START, HISTORY_PLUGIN];

const root = document.getElementById('explorer');
if (root) {
  createRoot(root).render(
    <GraphiQL
      fetcher={fetcher}
      plugins={PLUGINS}
      visiblePlugin={START}
      defaultQuery={EXAMPLES[0]!.examples[0]!.document}
      defaultEditorToolsVisibility="variables"
    >
      <GraphiQL.Logo>
        <h1>
          <a href="./">Grand Arena</a>
        </h1>
      </GraphiQL.Logo>
      <GraphiQL.Toolbar>
        {({ prettify, merge, copy }) => (
          <>
            {prettify}
            {merge}
            {copy}
            <GuestButton />
          </>
        )}
      </GraphiQL.Toolbar>
    </GraphiQL>,
  );
}
